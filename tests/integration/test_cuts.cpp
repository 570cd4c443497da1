// An evidence is several commands, written in a few pieces. Here the connection ends between every two of them, and
// between every two of their replies, in turn: what a fault chosen by chance meets now and then.
#include "host.hpp"
#include "middleman.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace integration;

namespace {

/// Cuts after none, one, two… until there is nothing left to cut. Returns how often it cut.
int cut_everywhere(Slips generation, Middleman::Cut what) {
    Host slips(generation);
    for (int window = 1; window <= 2; ++window) slips.know({.window = window});
    Middleman middleman(slips.folder / "middleman", slips.main.socket());
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector", {"--redis-socket", slips.folder / "middleman"});
    int cuts = 0;
    std::size_t sent = 0;
    const auto publish = [&] {  // to a peer of its own: legacy tells evidence by the description
        slips.publish({.uid = "C" + std::to_string(sent), .daddr = "10.0.0." + std::to_string(sent), .window = 1 + static_cast<int>(sent % 2)});
        ++sent;
        REQUIRE(alerts.wait_for(sent).size() == sent);
    };
    publish();
    for (bool cut = true; cut;) {
        CAPTURE(cuts);
        REQUIRE(cuts < 100);
        middleman.cut(what, cuts);
        publish();
        // what follows the last command that matters is cut as well, if late
        cut = eventually([&] { return slips.stored() == sent; }) && middleman.has_cut();
        cuts += cut ? 1 : 0;
    }
    CHECK(stop(module) == 0);
    const Json stats = slips.stats();
    CAPTURE(stats.dump());
    CHECK(stats["evidence"]["accepted"] == sent);
    CHECK(stats["evidence"]["acknowledged"] == sent);
    CHECK(stats["evidence"]["published"] == sent);
    CHECK(stats["evidence"]["lost"] == 0);
    CHECK(slips.stored() == sent);
    std::map<std::string, int> heard;
    for (const std::string& text : alerts.messages()) {
        const Json evidence = Json::parse(text);
        ++heard[evidence[evidence.contains("ID") ? "ID" : "id"].get<std::string>()];
    }
    CHECK(heard.size() == sent);
    for (const auto& evidence : heard) CHECK_MESSAGE(evidence.second == 1, evidence.first);
    if (const std::string counted = slips.db.text({"GET", "number_of_evidence"}); !counted.empty()) CHECK(counted == std::to_string(sent));
    MESSAGE(cuts << " cuts, " << sent << " evidence");
    return cuts;
}

}  // namespace

TEST_CASE("a connection that ends between any two commands of an evidence loses and doubles nothing") {
    CHECK(cut_everywhere(Slips::current, Middleman::Cut::after_commands) >= 8);
    CHECK(cut_everywhere(Slips::legacy, Middleman::Cut::after_commands) >= 5);
}

TEST_CASE("a connection that ends between any two replies to an evidence loses and doubles nothing") {
    CHECK(cut_everywhere(Slips::current, Middleman::Cut::after_replies) >= 8);
    CHECK(cut_everywhere(Slips::legacy, Middleman::Cut::after_replies) >= 5);
}
