#include "faults.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

namespace integration {

int cut(Client& client, const std::string& mark) {
    int cut = 0;
    const std::string list = client.text({"CLIENT", "LIST"});
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = list.find('\n', begin);
        const std::string line = list.substr(begin, end - begin);
        begin = end + 1;
        if (line.find(mark) == std::string::npos || line.find(" cmd=client") != std::string::npos) continue;
        const std::size_t id = line.find("id=") + 3;
        client.command({"CLIENT", "KILL", "ID", line.substr(id, line.find(' ', id) - id)});
        ++cut;
    }
    return cut;
}

namespace {

/// A module under fire, and what it was told and did.
class Siege {
public:
    explicit Siege(Slips generation)
        : slips_({.slips = generation, .servers = {.append_only = true}}), chance_(generation == Slips::legacy ? 2 : 1) {
        for (int window = 1; window <= windows; ++window) slips_.know({.window = window});
        listen();
    }

    void run(int faults) {
        auto module = slips_.start_hearing("detector");
        const std::map<std::string, void (Siege::*)()> kinds{
            {"commands cut", &Siege::commands_cut},     {"subscription cut", &Siege::subscription_cut},
            {"cache cut", &Siege::cache_cut},           {"out of memory", &Siege::out_of_memory},
            {"read-only", &Siege::read_only},           {"server stopped", &Siege::server_stopped},
            {"server killed", &Siege::server_killed},   {"cache killed", &Siege::cache_killed},
        };
        // a killed server costs a hundred times what a cut connection does
        const std::vector<std::string> deck{
            "commands cut",     "commands cut",     "commands cut",  "commands cut",  "commands cut",   "commands cut",
            "subscription cut", "subscription cut", "cache cut",     "cache cut",     "out of memory",  "out of memory",
            "read-only",        "read-only",        "server stopped", "server stopped", "server killed", "cache killed"};
        std::map<std::string, int> done;
        for (int fault = 0; fault < faults; ++fault) {
            publish();
            const std::string& kind = deck[pick(deck.size())];
            (this->*kinds.at(kind))();
            ++done[kind];
            publish();
            if (fault % 8 == 0) REQUIRE(slips_.wait_for_listener("new_flow"));
            REQUIRE(module.runs());
        }
        REQUIRE(slips_.wait_for_listener("new_flow"));
        publish();
        CHECK(stop(module) == 0);
        hear();
        check(faults, done);
    }

private:
    static constexpr int windows = 5;

    std::size_t pick(std::size_t end) { return static_cast<std::size_t>(chance_() % end); }

    /// Up to ten flows, each with a peer of its own.
    void publish() {
        std::vector<Words> words;
        for (std::size_t count = 1 + pick(10); count > 0; --count, ++sent_)
            words.push_back({"PUBLISH", "new_flow",
                             slips_.payload({.uid = "C" + std::to_string(sent_),
                                             .daddr = "10." + std::to_string(sent_ / 62500) + "." +
                                                      std::to_string(sent_ / 250 % 250) + "." + std::to_string(sent_ % 250),
                                             .window = 1 + static_cast<int>(pick(windows))})});
        slips_.db.commands(words);
    }

    void commands_cut() { cut(slips_.db, " name=detector "); }
    void subscription_cut() { cut(slips_.db, " sub=2 "); }
    void cache_cut() { cut(slips_.cache_db, ""); }
    void out_of_memory() { for_a_while("maxmemory", "1", "0"); }
    void read_only() { for_a_while("min-replicas-to-write", "1", "0"); }
    void for_a_while(const std::string& setting, const std::string& value, const std::string& usual) {
        slips_.db.command({"CONFIG", "SET", setting, value});
        publish();
        slips_.db.command({"CONFIG", "SET", setting, usual});
    }
    void server_stopped() {
        slips_.main.pause();
        slips_.cache_db.command({"PING"});  // some time goes by
        slips_.main.go_on();
    }
    void server_killed() {
        hear();
        alerts_.reset();
        slips_.restart_main();
        listen();
    }
    void cache_killed() {
        slips_.cache.kill();
        publish();
        slips_.cache.start();
        slips_.cache_db = slips_.cache.client();
        slips_.cache_db.command({"SELECT", "1"});
    }

    void listen() { alerts_ = std::make_unique<Subscriber>(slips_.main.socket(), "evidence_added"); }
    void hear() {
        for (const std::string& text : alerts_->messages()) {
            const Json evidence = Json::parse(text);
            ++heard_[evidence[evidence.contains("ID") ? "ID" : "id"].get<std::string>()];
        }
    }

    void check(int faults, const std::map<std::string, int>& done) {
        std::string list;
        int sum = 0;
        for (const auto& [kind, times] : done) {
            list += (list.empty() ? "" : ", ") + std::to_string(times) + " " + kind;
            sum += times;
        }
        const Json stats = slips_.stats();
        CAPTURE(stats.dump());
        const auto number = [&](const char* part, const char* name) { return stats[part][name].get<std::size_t>(); };
        const std::size_t accepted = number("evidence", "accepted");
        MESSAGE(sum << " faults (" << list << "): " << sent_ << " flows sent, " << number("messages", "handled") << " handled, "
                    << accepted << " evidence accepted, " << number("evidence", "acknowledged") << " acknowledged, "
                    << slips_.stored() << " stored, " << heard_.size() << " heard");
        CHECK(sum == faults);
        CHECK(accepted > sent_ / 4);
        CHECK(number("messages", "handled") == number("messages", "received"));
        CHECK(number("messages", "handled") == accepted);
        CHECK(number("evidence", "acknowledged") == accepted);
        CHECK(number("evidence", "lost") == 0);
        CHECK(number("evidence", "refused") == 0);
        CHECK(slips_.stored() == accepted);
        if (const std::string counted = slips_.db.text({"GET", "number_of_evidence"}); !counted.empty())
            CHECK(counted == std::to_string(accepted));
        CHECK(number("evidence", "published") == accepted);
        for (const auto& heard : heard_) CHECK_MESSAGE(heard.second == 1, heard.first);
    }

    Host slips_;
    std::mt19937 chance_;
    std::size_t sent_ = 0;
    std::unique_ptr<Subscriber> alerts_{};
    std::map<std::string, int> heard_{};  ///< ids, and how often
};

}  // namespace

void endure(Slips generation, int faults) { Siege(generation).run(faults); }

}  // namespace integration
