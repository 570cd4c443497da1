// The parts of slipsdev play that need no Redis: command line, files, alerts, numbers.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "slipsdev/commands/options.hpp"
#include "slipsdev/flows/flow_source.hpp"
#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/judge/alert_book.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/run/results.hpp"
#include "slipsdev/run/summary.hpp"

using namespace slipsdev;

namespace {

/// A folder that is removed with the test.
struct Scratch {
    Scratch() : path(std::filesystem::temp_directory_path() / "slipsdev_unit_test") {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    ~Scratch() { std::filesystem::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
    std::filesystem::path path;
};

Evidence evidence_of(Generation generation, const std::string& level, double confidence) {
    Evidence evidence;
    evidence.profileid = "profile_192.168.1.18";
    evidence.twid = "timewindow1";
    evidence.id = "2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a";
    evidence.description = "Detected a connection to a local device 192.168.1.12";
    evidence.level = level;
    evidence.weight = *threat_level_value(level) * confidence;
    evidence.time = 1'654'188'717'250'000;
    evidence.counts = level != "info";
    if (generation == Generation::current) {
        evidence.json["attacker"] = {{"direction", "SRC"}};
        evidence.json["profile"] = {{"ip", "192.168.1.18"}};
        evidence.json["timewindow"] = {{"number", 1}};
        evidence.json["victim"] = false;
    } else {
        evidence.json["type_detection"] = "srcip";
    }
    return evidence;
}

/// No file of this process can grow, as on a full disk.
class FullDisk {
public:
    FullDisk() : handler_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &limit_);
        const rlimit none{0, limit_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &limit_);
        ::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    void (*handler_)(int);
    rlimit limit_{};
};

const Release current_slips = *release_named("1.1.21"), legacy_slips = release_of(Generation::legacy);

std::string usage_error(const std::vector<std::string>& arguments) {
    try {
        parse_play_options(arguments);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("slipsdev: play's command line") {
    const PlayOptions options = parse_play_options({"--generation", "legacy", "--flows", "a.log", "b.log", "--output",
                                                    "out", "--rate", "2.5", "--unix", "--no-register", "--width",
                                                    "only_one_tw", "--flows", "c.log", "--", "prog", "--flows", "x"});
    CHECK(options.generation == Generation::legacy);
    CHECK(options.flows == std::vector<std::string>{"a.log", "b.log", "c.log"});
    CHECK(options.output == "out");
    CHECK(options.rate == 2.5);
    CHECK(options.unix_socket);
    CHECK_FALSE(options.register_types);
    CHECK(options.window_width == doctest::Approx(only_one_window));
    CHECK(options.program == std::vector<std::string>{"prog", "--flows", "x"});

    CHECK(usage_error({}).find("after --") != std::string::npos);
    CHECK(usage_error({"--", "prog"}).find("--flows") == 0);
    CHECK(usage_error({"--flows", "a", "--", "prog"}).find("--output") == 0);
    CHECK(usage_error({"--flows", "--", "prog"}).find("--flows needs a value") == 0);
    CHECK(usage_error({"--rate", "0", "--", "prog"}).find("--rate") == 0);
    CHECK(usage_error({"--rate", "nan", "--", "prog"}).find("--rate") == 0);
    CHECK(usage_error({"--generation", "old", "--", "prog"}).find("--generation") == 0);
    CHECK(usage_error({"--colour", "--", "prog"}).find("unknown option --colour") == 0);
}

TEST_CASE("slipsdev: the module's own arguments cannot contain options that play and replay set") {
    const auto error_of = [](const std::vector<std::string>& program) {
        std::vector<std::string> arguments{"--flows", "a", "--output", "o", "--"};
        arguments.insert(arguments.end(), program.begin(), program.end());
        return usage_error(arguments);
    };
    for (const std::string option : {"--config", "--output", "--generation", "--slips-version"}) {
        const std::string problem = option + " after PROGRAM: slipsdev sets it; give " + option + " before --";
        CHECK(error_of({"prog", option, "x"}) == problem);
        CHECK(error_of({"prog", "--strict", option + "=x"}) == problem);
    }
    CHECK(error_of({"prog", "--stats", "x"}) ==
          "--stats after PROGRAM: slipsdev sets it; the statistics are in stats.json of --output");
    CHECK(error_of({"prog", "--slips-dir", "x"}).find("--slips-dir after PROGRAM: slipsdev sets it; --slips-version") ==
          0);
    for (const std::string option : {"--redis-port", "--redis-socket", "--redis-password-file", "--cache-port"})
        CHECK(error_of({"prog", option, "1"}).find(option + " after PROGRAM: slipsdev sets it, for a private Redis") ==
              0);
    CHECK(error_of({"prog", "--strict", "--debug", "2", "--configure", "config"}) == "");
    // of a wrapper
    CHECK(error_of({"strace", "--output", "x", "/bin/sh"}) == "");
    CHECK(error_of({"strace", "--output", "x", "/bin/sh", "--output", "y"}) != "");
}

TEST_CASE("slipsdev: play's options for newer Slips") {
    const PlayOptions options =
        parse_play_options({"--launcher", "--loader", "child", "--closed-names", "--password", "--live-update",
                            "--keep-cache", "kept", "--flows", "a", "--output", "o", "--", "prog"});
    CHECK(options.keep_cache == "kept");
    CHECK(options.loader == "child");
    CHECK(options.closed_names);
    CHECK(options.password);
    CHECK(options.live_update);
    const PlayOptions plain = parse_play_options({"--password", "--flows", "a", "--output", "o", "--", "prog"});
    CHECK(plain.loader.empty());
    CHECK(plain.keep_cache.empty());
    CHECK(plain.password);
    CHECK_FALSE(plain.closed_names);
    CHECK_FALSE(plain.live_update);

    const auto error_with = [](std::vector<std::string> arguments) {
        for (const char* word : {"--flows", "a", "--output", "o", "--", "prog"}) arguments.emplace_back(word);
        return usage_error(arguments);
    };
    CHECK(error_with({"--launcher", "--loader", "both"}).find("--loader: both is neither main nor child") == 0);
    CHECK(error_with({"--loader", "main"}).find("--loader requires --launcher") == 0);
    CHECK(error_with({"--closed-names"}).find("--closed-names requires --launcher") == 0);
    CHECK(error_with({"--live-update"}).find("--live-update requires --launcher") == 0);
    for (const std::string option : {"--closed-names", "--password", "--live-update"}) {
        CAPTURE(option);
        CHECK(error_with({"--generation", "legacy", "--launcher", option})
                  .find(option + " requires --generation current") == 0);
    }
    const std::string_view help = play_help;
    for (std::size_t at = 0, end; (end = help.find('\n', at)) != std::string_view::npos; at = end + 1)
        CHECK(end - at <= 120);
    for (const char* option :
         {"--loader main|child", "--closed-names", "--password", "--live-update", "--keep-cache DIR"})
        CHECK(help.find(option) != std::string_view::npos);
}

TEST_CASE("slipsdev: the lines of alerts.log") {
    const Evidence current = evidence_of(Generation::current, "high", 0.8);
    CHECK(evidence_line(current_slips, current, 0) ==
          "2022-06-02T16:51:57.250000+00:00 (TW 1): Src IP 192.168.1.18              . Detected Detected a "
          "connection "
          "to a local device 192.168.1.12 Threat level: high. ");
    CHECK(alert_line(current_slips, current, 7200, 1'654'189'000'000'000, 7200) ==
          "2022-06-02T18:51:57.250000+02:00: Src IP 192.168.1.18              . Generated an alert given enough "
          "evidence on timewindow 1. (real time 2022/06/02 18:56:40.000000+0200)");
    Evidence legacy = evidence_of(Generation::legacy, "info", 0.8);
    CHECK(evidence_line(legacy_slips, legacy, 0) ==
          "2022/06/02-16:51:57: Src IP 192.168.1.18              . Detected Detected a connection to a local device "
          "192.168.1.12");
    CHECK(alert_line(legacy_slips, legacy, 0, 1'654'189'000'000'000, 0) ==
          "2022/06/02-16:51:57: Src IP 192.168.1.18              . Blocked given enough evidence on timewindow 1. "
          "(real time 2022/06/02 16:56:40)");
    legacy.type = "SSHSuccessful";
    CHECK(evidence_line(legacy_slips, legacy, 0).find(". Did a successful SSH. Detected a") != std::string::npos);
}

TEST_CASE("slipsdev: enough evidence makes an alert") {
    SUBCASE("current") {
        AlertBook book(current_slips, 3600);
        CHECK(book.threshold() == doctest::Approx(15));
        const Evidence evidence = evidence_of(Generation::current, "critical", 1);
        for (int i = 0; i < 14; ++i) CHECK_FALSE(book.enter(evidence));
        const auto alert = book.enter(evidence);
        REQUIRE(alert);
        CHECK(alert->weight == doctest::Approx(15));
        CHECK(alert->evidence_ids.size() == 15);
        CHECK_FALSE(book.enter(evidence));  // the sum starts again
        const std::string message = new_alert_message(current_slips, evidence, *alert, "an id", 10, 3600, 0);
        CHECK(message.find(R"("timewindow": {"number": 1, "start_time": 10.0, "end_time": 3610.0})") !=
              std::string::npos);
        CHECK(message.find(R"("accumulated_threat_level": 15.0, "id": "an id")") != std::string::npos);
        CHECK(message.find(R"("version": "1.1.21"})") != std::string::npos);
    }
    SUBCASE("current: info, and evidence about others, weigh nothing") {
        AlertBook book(current_slips, 240);  // threshold 1
        for (int i = 0; i < 5; ++i) CHECK_FALSE(book.enter(evidence_of(Generation::current, "info", 1)));
        Evidence victim = evidence_of(Generation::current, "critical", 1);
        victim.json["attacker"]["direction"] = "DST";
        victim.counts = false;
        for (int i = 0; i < 5; ++i) CHECK_FALSE(book.enter(victim));
    }
    SUBCASE("legacy") {
        AlertBook book(legacy_slips, 3600);
        CHECK(book.threshold() == doctest::Approx(6));
        Evidence evidence = evidence_of(Generation::legacy, "critical", 1);
        for (int i = 0; i < 5; ++i) CHECK_FALSE(book.enter(evidence));
        CHECK(book.enter(evidence));
        CHECK(book.enter(evidence));  // again at each further one
        evidence.json["type_detection"] = "dstip";
        const auto last = book.enter(evidence);
        REQUIRE(last);
        CHECK_FALSE(book.enter(evidence));  // a dstip blocks
        CHECK(new_alert_message(legacy_slips, evidence, *last, "", 0, 0, 0) ==
              "profile_192.168.1.18_timewindow1_2f0c4d4e-9f0e-4b0a-8d4b-1f5f3c1d2e3a");
    }
}

TEST_CASE("slipsdev: flow files") {
    const Scratch scratch;
    const std::string log = scratch.write("conn.log", "#fields\tts\tuid\n1\tC1\nbad\n");
    const std::string capture =
        scratch.write("capture.jsonl", "{\"channel\": \"new_ip\", \"data\": \"{\\\"text\\\": \\\"::\\\", "
                                       "\\\"version\\\": \\\"1.1.20\\\"}\"}\n");
    FlowSource source({log, capture}, Generation::current);
    CHECK(source.slips_version() == "1.1.20");
    std::vector<FlowSource::Line> lines;
    while (const auto line = source.next()) {
        lines.push_back(*line);
        if (line->text == "bad") source.skip("no flow");
    }
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].first_of_file);
    CHECK_FALSE(lines[1].first_of_file);
    CHECK(lines[1].kind == FlowSource::Kind::zeek_log);
    CHECK(lines[3].first_of_file);
    CHECK(lines[3].kind == FlowSource::Kind::capture);
    CHECK(source.progress() == doctest::Approx(1));
    CHECK(source.skipped() == 1);
    REQUIRE(source.skip_report().size() == 1);
    CHECK(source.skip_report()[0] == "1 line skipped: no flow (" + log + ":3)");

    CHECK_THROWS_WITH_AS(FlowSource({capture}, Generation::legacy),
                         (capture + ": messages of current Slips; play them with --generation current").c_str(),
                         UsageError);
    CHECK_THROWS_AS(FlowSource({(scratch.path / "none.log").string()}, Generation::current), UsageError);
    std::filesystem::create_directory(scratch.path / "folder");
    CHECK_THROWS_WITH_AS(
        FlowSource({(scratch.path / "folder").string()}, Generation::current),
        ((scratch.path / "folder").string() + " has no *.log: there is nothing to send; give a Zeek log or a recording")
            .c_str(),
        UsageError);
}

TEST_CASE("slipsdev: the summary") {
    Counts counts;
    counts.sent["new_flow"] = 576;
    counts.delivered = 576;
    counts.received = 14;
    counts.accepted = 14;
    ModuleStats stats;
    stats.received = {{"new_flow", 577}, {"new_ip", 3}};  // a control message on new_flow is not a flow
    stats.published = 14;
    Summary summary = summarize(counts, stats);
    CHECK(summary_line(summary, false) == "576 sent, 576 received, 14 accepted, 0 refused, 0 lost");
    CHECK(summary.is_good());
    CHECK(summary_json(summary).rfind(
              R"({"sent": 576, "received": 576, "accepted": 14, "refused": 0, "deduplicated": 0, "lost": 0)", 0) == 0);

    stats.received["new_flow"] = 570;  // six lost
    stats.published = 16;              // two more
    stats.lost = 1;
    stats.refused = 2;
    counts.refused = 1;
    stats.deduplicated = 4;
    summary = summarize(counts, stats);
    CHECK(summary_line(summary, true) == "576 sent, 570 received, 14 accepted, 3 refused, 9 lost, 4 deduplicated");
    CHECK_FALSE(summary.is_good());

    counts.sent.clear();
    counts.sent_unsubscribed = 576;  // a module that does not subscribe to flows loses none
    CHECK(summarize(counts, ModuleStats{}).lost == 0);
    counts.refused = 0;
    counts.repeats_seen = 5;
    stats = ModuleStats{};
    stats.other_version = 6;
    const Summary skipping = summarize(Counts{}, stats);
    CHECK(summary_line(skipping, false) == "0 sent, 0 received, 0 accepted, 0 refused, 0 lost, 6 of another version");
    CHECK_FALSE(skipping.is_good());
    CHECK(summary_json(skipping).find(R"("other_version": 6)") != std::string::npos);
    const Summary without_stats = summarize(counts, std::nullopt);
    CHECK(without_stats.received == 576);
    CHECK(without_stats.deduplicated == 5);
}

TEST_CASE("slipsdev: the module's statistics") {
    const Scratch scratch;
    CHECK_FALSE(read_stats(scratch.path / "none.json"));
    CHECK_FALSE(read_stats(scratch.write("bad.json", "{")));
    CHECK_FALSE(read_stats(scratch.write("other.json", "{\"messages\": {}}")));
    const auto stats = read_stats(
        scratch.write("stats.json", R"({"messages": {"received": 5, "other_version": 2, "channels": {"new_flow": 5}},
        "evidence": {"accepted": 4, "published": 2, "deduplicated": 1, "refused": 3, "lost": 1}})"));
    REQUIRE(stats);
    CHECK(stats->received.at("new_flow") == 5);
    CHECK(stats->other_version == 2);
    CHECK(stats->published == 2);
    CHECK(stats->deduplicated == 1);
    CHECK(stats->refused == 3);
    CHECK(stats->lost == 1);
}

TEST_CASE("play: a result that cannot be written is reported with its file") {
    const Scratch scratch;
    const std::string folder = (scratch.path / "out").string();
    const auto error_of = [](auto&& work) -> std::string {
        try {
            work();
        } catch (const EnvironmentError& error) {
            return error.what();
        }
        return "";
    };
    struct Case {
        std::string file;
        void (*add)(Results&);
    };
    for (const Case& the : {Case{"alerts.log", [](Results& results) { results.add_alert_line("an alert"); }},
                            Case{"evidence.jsonl", [](Results& results) { results.add_evidence("{}"); }},
                            Case{"slips.log", [](Results& results) { results.add_module_line("a line", false); }},
                            Case{"errors.log", [](Results& results) { results.add_module_line("an error", true); }}}) {
        const std::string file = the.file;
        CAPTURE(file);
        Results results(folder, "");
        if (file == "errors.log") results.add_module_line("what came before", false);
        {
            const FullDisk full;
            the.add(results);
        }
        results.add_alert_line("there is room again");
        const std::string expected = file == "errors.log" ? "slips.log" : file;  // both have the line
        CHECK(error_of([&] { results.close(); }) ==
              "cannot write " + folder + "/" + expected + ": File too large; it is incomplete");
    }
    Results results(folder, "");
    results.add_alert_line("an alert");
    CHECK(error_of([&] {
              const FullDisk full;
              results.write_summary({});
          }) == "cannot write " + folder + "/summary.json: File too large");
    CHECK(error_of([&] { results.close(); }) == "");
}

TEST_CASE("play: the width of Slips' configuration and its text") {
    CHECK(width_named("3600.5") == 3600.5);
    CHECK(width_named("only_one_tw") == only_one_window);
    CHECK(width_named("'only_one_tw'") == only_one_window);
    CHECK_FALSE(width_named("an hour"));
    for (const double width : {300.0, 0.5, only_one_window}) CHECK(width_named(width_text(width)) == width);
}
