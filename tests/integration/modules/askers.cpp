// A module that reads Slips' database, and stores values for its next start.
#include "modules.hpp"

#include <slips/slips.hpp>

#include <string>

namespace {

struct Asker : slips::Module<Asker> {
    static constexpr slips::ModuleInfo info{
        .name = "asker", .description = "prints what Slips knows of a flow", .authors = "the tests"};

    bool init() override {
        print("store had " + store().get("flows").value_or("nothing"));
        return true;
    }
    void on(const slips::NewFlow& msg) {
        if (msg.flow.uid == "keep") return store().set("kept", "yes");
        if (msg.flow.uid == "profiles")
            return print("flow profiles: " + std::to_string(database().get(slips::query::profiles()).size()) +
                         " profiles");
        const auto [peer, window, evidence] =
            database().get(slips::query::ip(msg.flow.daddr), slips::query::window(msg.profileid, msg.twid),
                           slips::query::evidence(msg.profileid, msg.twid));
        print("flow " + msg.flow.uid + ": " + peer.ip + " of " + peer.as_org + ", window of " +
              (window.width ? slips::python_repr(*window.width) : "?") + " s, " + std::to_string(evidence.size()) +
              " evidence");
        store().set("flows", std::to_string(++flows_));
    }

    int flows_ = 0;
};

}  // namespace

int asker(int argc, char** argv) { return slips::run<Asker>(argc, argv); }
