// The commands that arrive at real servers when a module sets evidence: see ../unit/evidence_releases.hpp.
#include "../unit/evidence_releases.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host.hpp"

using namespace integration;
using slips_test::Sequence;

namespace {

/// Returns the command of a line of MONITOR, `1700000000.1 [0 unix:/…] "HSET" "key" "a \"value\""`. A word ends at a quote
/// before another word or at the end of the line: valkey-server escapes neither the quotes nor the backslashes in a word.
std::string command_of(std::string_view line, bool is_escaped) {
    std::string command;
    for (std::size_t at = line.find("] \"") + 2; at < line.size(); at += 2) {
        if (!command.empty()) command += ' ';
        const auto ends = [&] { return at + 1 == line.size() || line.substr(at + 1, 2) == " \""; };
        while (++at < line.size() && !(line[at] == '"' && ends()))
            command += is_escaped && line[at] == '\\' ? line[++at] : line[at];
    }
    return command;
}

/// Returns what a server has received so far, without the module's other commands and without the test's.
std::vector<std::string> received_by(Client& client, Monitor& monitor) {
    const bool is_escaped = client.text({"INFO", "server"}).find("server_name:valkey") == std::string::npos;
    client.command({"ECHO", "so far"});
    std::vector<std::string> commands;
    for (const std::string& line : monitor.until("\"ECHO\" \"so far\"")) {
        const std::string command = command_of(line, is_escaped);
        const auto begins = [&](std::string_view with) { return command.starts_with(with); };
        if (begins("ECHO ") || begins("SELECT ") || begins("CLIENT ") || begins("PUBSUB ") || begins("INFO ") ||
            begins("COMMAND ") || begins("HMGET analysis ") || begins("MGET stdout ") || begins("EXISTS analysis") ||
            begins("GET will_slips_") || begins("HGET PIDs ") || begins("SUBSCRIBE ") || begins("UNSUBSCRIBE") ||
            begins("PUBLISH scenario ") || begins("HINCRBY scripted_msgs_received_at_runtime "))
            continue;
        commands.push_back(command);
    }
    return commands;
}

/// Removes commands that this server does not know.
std::vector<std::string> known_to(Client& client, std::vector<std::string> commands) {
    if (client.command({"COMMAND", "INFO", "HEXPIRE"}).items.at(0).items.empty())
        std::erase_if(commands, [](const std::string& command) { return command.starts_with("HEXPIRE "); });
    if (client.command({"EXPIRE", "no such key", "1", "NX"}).error())
        std::erase_if(commands, [](const std::string& command) { return command.starts_with("EXPIRE "); });
    return commands;
}

}  // namespace

TEST_CASE("the commands in lines of MONITOR are read, of redis-server and of valkey-server") {
    const std::string command = R"(HSET key {"a": "b", "c": 1} end)";
    CHECK(command_of(R"(1700000000.1 [0 unix:/x] "HSET" "key" "{\"a\": \"b\", \"c\": 1}" "end")", true) == command);
    CHECK(command_of(R"(1700000000.1 [0 unix:/x] "HSET" "key" "{"a": "b", "c": 1}" "end")", false) == command);
    CHECK(command_of(R"(1700000000.1 [0 unix:/x] "SET" "key" "{"a": "{\"b\": 1}"}")", false) ==
          R"(SET key {"a": "{\"b\": 1}"})");
    CHECK(command_of(R"(1700000000.1 [0 unix:/x] "HSET" "key" "")", true) == "HSET key ");
}

TEST_CASE("real servers receive the commands that Slips sends, in its order, in three phases") {
    std::vector<Sequence> sequences = slips_test::all_sequences();
    for (const std::string& release : slips_test::releases)
        for (Sequence& sequence : slips_test::sequences_of(release))
            if (sequence.scenario == "every field" || sequence.name.ends_with("a new profile"))  // show the most
                sequences.push_back(std::move(sequence));
    for (const Sequence& sequence : sequences) {
        CAPTURE(sequence.name);
        Host slips(
            {.slips = sequence.stamped() ? Slips::current : Slips::legacy, .servers = {}, .release = sequence.version});
        for (const std::string& command : sequence.main_holds) slips.db.command(slips_test::words_of(command));
        for (const std::string& command : sequence.cache_holds) slips.cache_db.command(slips_test::words_of(command));
        const auto expected = known_to(slips.db, slips_test::sent_to_main(sequence, "scripted"));
        const auto of_cache = known_to(slips.cache_db, slips_test::in_phases(sequence.cache, sequence, "scripted"));

        auto module = slips.start_hearing("scripted", {"--slips-version", sequence.version}, {}, "scenario");
        Monitor main(slips.main.socket());
        Monitor cache(slips.cache.socket());
        slips.publish("scenario", sequence.stamped() ? R"({"text": ")" + sequence.scenario + R"(", "version": ")" +
                                                           sequence.version + "\"}"
                                                     : sequence.scenario);
        CHECK(stop(module) == 0);

        const auto sent = slips_test::without_times(slips_test::without_uuids(received_by(slips.db, main)));
        REQUIRE(sent.size() == expected.size());
        for (std::size_t i = 0; i < sent.size(); ++i) CHECK(sent[i] == expected[i]);
        CHECK(received_by(slips.cache_db, cache) == of_cache);
        CHECK(slips.stats()["evidence"]["accepted"] == (sequence.main.empty() ? 0 : 1));
    }
}
