// An evidence is several commands, written in a few pieces. The connection is cut between every two of them, and between every
// two of their replies, in turn: random faults rarely hit each of these points.
#include "host.hpp"
#include "middleman.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace integration;

namespace {

/// Cuts after none, one, two… until nothing is left to cut. Returns what was cut off, in turn, separated by blanks: the
/// command's name, or the first line of the reply.
std::string cut_everywhere(Slips generation, Middleman::Cut what) {
    Host slips(generation);
    for (int window = 1; window <= 2; ++window) slips.know({.window = window});
    Middleman middleman(slips.folder / "middleman", slips.main.socket());
    Subscriber alerts(slips.main.socket(), "evidence_added");
    auto module = slips.start_hearing("detector", {"--redis-socket", slips.folder / "middleman"});
    int cuts = 0;
    std::size_t sent = 0;
    const auto publish = [&] {  // to a different peer each: legacy identifies evidence by the description
        slips.publish({.uid = "C" + std::to_string(sent),
                       .daddr = "10.0.0." + std::to_string(sent),
                       .window = 1 + static_cast<int>(sent % 2)});
        ++sent;
        REQUIRE(alerts.wait_for(sent).size() == sent);
    };
    publish();
    for (bool cut = true; cut;) {
        CAPTURE(cuts);
        REQUIRE(cuts < 100);
        middleman.cut(what, generation == Slips::legacy ? "WATCH" : "MULTI", cuts);
        publish();
        REQUIRE(eventually([&] { return slips.stored() == sent; }));
        // what follows the last relevant command is cut as well; the timeout confirms that there is nothing more
        cut = eventually([&] { return middleman.has_cut(); }, 1s);
        cuts += cut ? 1 : 0;
    }
    middleman.never_mind();
    CHECK(stop(module) == 0);
    const Json stats = slips.stats();
    CAPTURE(stats.dump());
    CHECK(stats["evidence"]["accepted"] == sent);
    CHECK(stats["evidence"]["acknowledged"] == sent);
    CHECK(stats["evidence"]["published"] == sent);
    CHECK(stats["evidence"]["lost"] == 0);
    CHECK(slips.stored() == sent);
    std::map<std::string, int> received;
    for (const std::string& text : alerts.messages()) {
        const Json evidence = Json::parse(text);
        ++received[evidence[evidence.contains("ID") ? "ID" : "id"].get<std::string>()];
    }
    CHECK(received.size() == sent);
    for (const auto& evidence : received) CHECK_MESSAGE(evidence.second == 1, evidence.first);
    if (const std::string counted = slips.db.text({"GET", "number_of_evidence"}); !counted.empty())
        CHECK(counted == std::to_string(sent));
    std::string all = " ";
    for (const std::string& text : middleman.withheld()) {
        std::size_t begin = 0;  // a reply's first line; a command's third is its name
        if (what == Middleman::Cut::after_commands)
            for (int line = 0; line < 2; ++line) begin = text.find("\r\n", begin) + 2;
        all += text.substr(begin, text.find("\r\n", begin) - begin) + " ";
    }
    MESSAGE(cuts << " cuts, " << sent << " evidence:" << all);
    return all;
}

/// Returns what was cut without the last command or reply, if it is the one that writes the number of evidence: that is sent
/// when a second has passed.
std::string without_number_of_evidence(std::string cut, std::string_view last) {
    if (cut.ends_with(last)) cut.resize(cut.size() - last.size());
    return cut;
}

}  // namespace

TEST_CASE("a connection that breaks between any two commands of an evidence loses and duplicates nothing") {
    const std::string cut = cut_everywhere(Slips::current, Middleman::Cut::after_commands);
    const std::string transaction = " MULTI HSET HSET INCRBY HINCRBY PUBLISH HSET EXEC ";
    CHECK(cut.starts_with(transaction));
    // newer versions of Redis have more commands, and counters that are sent on a timer may come between
    CHECK(cut.find(" EXPIRE ", transaction.size() - 1) != std::string::npos);
    const std::string legacy = cut_everywhere(Slips::legacy, Middleman::Cut::after_commands);
    CHECK(without_number_of_evidence(legacy, "HSET ") == " WATCH HGET ZSCORE MULTI HSET HSET PUBLISH SET EXEC ");
}

TEST_CASE("a connection that breaks between any two replies to an evidence loses and duplicates nothing") {
    CHECK(cut_everywhere(Slips::current, Middleman::Cut::after_replies)
              .starts_with(" +OK +QUEUED +QUEUED +QUEUED +QUEUED +QUEUED +QUEUED *6 :"));
    const std::string legacy = cut_everywhere(Slips::legacy, Middleman::Cut::after_replies);
    CHECK(without_number_of_evidence(legacy, ":0 ").ends_with(" +OK +QUEUED +QUEUED +QUEUED +QUEUED *4 "));
}

TEST_CASE("commands of a broken connection that arrive late do not publish evidence twice") {
    for (const Slips generation : {Slips::current, Slips::legacy}) {
        CAPTURE(generation == Slips::legacy);
        Host slips(generation);
        slips.know({});
        Middleman middleman(slips.folder / "middleman", slips.main.socket());
        Subscriber alerts(slips.main.socket(), "evidence_added");
        auto module = slips.start_hearing("detector", {"--redis-socket", slips.folder / "middleman"});
        slips.publish({.uid = "C1", .daddr = "10.0.0.1"});
        REQUIRE(alerts.wait_for(1).size() == 1);
        for (std::size_t round = 1; round <= 5; ++round) {
            middleman.hold_back("MULTI", "EXEC", generation == Slips::legacy ? "GET" : "HEXISTS");
            slips.publish({.uid = "C2", .daddr = "10.0.1." + std::to_string(round)});
            REQUIRE(alerts.wait_for(1 + round).size() >= 1 + round);
            CHECK(middleman.has_cut());
            CHECK_FALSE(middleman.has_delivered());
        }
        CHECK(stop(module) == 0);
        CHECK(slips.stored() == 6);
        std::map<std::string, int> received;
        for (const std::string& text : alerts.messages())
            ++received[Json::parse(text)["description"].get<std::string>()];
        CHECK(received.size() == 6);
        for (const auto& evidence : received) CHECK_MESSAGE(evidence.second == 1, evidence.first);
        if (generation == Slips::current) CHECK(slips.db.text({"GET", "number_of_evidence"}) == "6");
        CHECK(slips.stats()["evidence"]["acknowledged"] == 6);
        CHECK(slips.stats()["evidence"]["published"] == 6);
    }
}
