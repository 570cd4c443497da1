// What slipsdev reads: input that cannot be used is an error, and channels of init() count.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "host.hpp"
#include "played.hpp"
#include "processes.hpp"
#include "redis_server.hpp"

using namespace integration;

#if defined(SLIPS_TEST_SLIPSDEV)

namespace {

const std::string conn_json =
    R"({"ts":1517336042.1,"uid":"C1","id.orig_h":"192.168.88.2","id.orig_p":55638,"id.resp_h":"198.51.100.15",)"
    R"("id.resp_p":443,"proto":"tcp","duration":1.5,"orig_bytes":10,"resp_bytes":20,"conn_state":"SF","history":"ShAD",)"
    R"("orig_pkts":3,"resp_pkts":4})"
    "\n";
const std::string conn_fields =
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\torig_pkts\tresp_pkts\n";
const std::string conn_row = "1517336042.1\tC1\t192.168.88.2\t55638\t198.51.100.15\t443\ttcp\tSF\t3\t4\n";

std::string message(const std::string& channel, const std::string& data) {
    return Json{{"channel", channel}, {"data", data}}.dump() + "\n";
}

std::string xz_archive() {
    return std::string("\xfd"
                       "7zXZ\0",
                       6) +
           "rest";
}

/// Runs `slipsdev play` with a module that prints what it receives.
struct Inputs {
    TemporaryFolder folder{};

    Ran play(const std::vector<std::string>& arguments, const std::string& module = "texts") const {
        return run("play", arguments, module);
    }
    Ran run(const std::string& command, std::vector<std::string> arguments, const std::string& module) const {
        arguments.insert(arguments.begin(), command);
        arguments.insert(arguments.end(), {"--output", folder / "out", "--"});
        const std::vector<std::string> program = module_command(module);
        arguments.insert(arguments.end(), program.begin(), program.end());
        return Ran(folder, arguments);
    }
    std::string shell(const std::string& command, const std::string& file) const {
        Launch launch;
        launch.arguments = {"/bin/sh", "-c", command, file};
        ChildProcess process(launch);
        CHECK(process.wait() == 0);
        return file;
    }
};

}  // namespace

TEST_CASE("play, replay, inspect: input of another format is an error with its name, and no run starts") {
    const Inputs inputs;
    struct {
        std::string file, text, error;
    } const cases[] = {
        {"eve.json",
         R"({"timestamp":"2020-01-01T00:00:00.0+0000","flow_id":1,"event_type":"flow"})"
         "\n",
         "is Suricata's eve.json"},
        {"conn.log.xz", xz_archive(), "is an .xz archive, which slipsdev does not read; pipe it in: xz -dc FILE |"},
        {"conn.log.zst", "\x28\xb5\x2f\xfd rest", "is a .zst archive"},
        {"conn.log.bz2", "BZh91AY", "is a .bz2 archive"},
        {"dump.pcap", "\xd4\xc3\xb2\xa1", "is a capture of packets"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.file);
        const std::string file = inputs.folder.write(one.file, one.text);
        for (const Ran& ran : {inputs.play({"--flows", file}), inputs.run("replay", {file}, "texts"),
                               Ran(inputs.folder, {"inspect", file})}) {
            CAPTURE(ran.err);
            CHECK(ran.status == 2);
            CHECK(ran.reports(file + " " + one.error));
            CHECK(count(ran.err, "\n") == 1);
        }
    }
}

TEST_CASE("play: a log that has nothing to send is an error") {
    const Inputs inputs;
    struct {
        std::string text, error;
    } const cases[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"#separator \\x09\n" + conn_fields, "has a header, but no rows"},
        {"#separator \\x2c\n#fields,ts,uid\n1,2\n", "its #separator is \\x2c"},
        {conn_row + conn_row, "neither JSON nor below a #fields header"},
        {"<html>\n", "neither JSON nor below a #fields header"},
        {"\xef\xbb\xbf#separator \\x2c\n#fields,ts,uid\n1,2\n", "its #separator is \\x2c"},
        {"\xff\xfe{", "is text in UTF-16, which slipsdev does not read; pipe it in: iconv"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.error);
        const std::string file = inputs.folder.write("conn.log", one.text);
        const Ran ran = inputs.play({"--flows", file});
        CAPTURE(ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.reports(file));
        CHECK(ran.reports(one.error));
        CHECK(count(ran.err, "\n") == 1);
    }
    const std::string good = inputs.folder.write("good.conn.log", conn_json);
    const Ran quiet = inputs.play({"--flows", inputs.folder.write("conn.log", ""), good});  // a quiet hour
    CHECK(quiet.status == 0);
    CHECK(quiet.reports("conn.log is empty: nothing of it was sent\n"));
}

TEST_CASE("play: input that is mostly skipped, or cut off, does not end with success") {
    const Inputs inputs;
    const std::string bad = R"({"ts":1,"uid":"C2","conn_state":"SF"})"
                            "\n";
    const std::string half = inputs.folder.write("conn.log", conn_json + bad);
    CHECK(inputs.play({"--flows", half}).status == 0);
    const Ran most = inputs.play({"--flows", inputs.folder.write("conn.log", conn_json + bad + bad)});
    CHECK(most.status == 2);
    CHECK(most.reports("only 1 of 3 lines of the input could be used"));
    CHECK(most.prints("1 sent, "));
    const Ran all = inputs.play({"--flows", inputs.folder.write("conn.log", bad)});
    CHECK(all.status == 2);
    CHECK(all.reports("no line of the input could be used"));

    for (const std::string& text :
         {conn_json + conn_json.substr(0, 100), conn_fields + conn_row + conn_row.substr(0, 50)}) {
        const Ran cut = inputs.play({"--flows", inputs.folder.write("conn.log", text)});
        CAPTURE(cut.err);
        CHECK(cut.status == 2);
        CHECK(cut.reports("the file is cut off in this line; only what comes before was sent"));
        CHECK(cut.prints("1 sent, "));
    }
    std::string many;
    for (int i = 0; i < 2000; ++i) many += conn_json;
    const std::string archive =
        inputs.shell("gzip -c \"$0\" >\"$0.gz\"", inputs.folder.write("conn.log", many)) + ".gz";
    inputs.shell("head -c 300 \"$0\" >\"$0.cut\"", archive);
    const Ran cut = inputs.play({"--flows", archive + ".cut"});
    CHECK(cut.status == 2);
    CHECK(cut.reports("the gzip archive is cut off"));
}

TEST_CASE("replay: recordings that are empty, cut off or mostly skipped do not end with success") {
    const Inputs inputs;
    const std::string good = message("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})");
    RedisServer server(inputs.folder, "main");
    const auto replayed = [&](const std::string& text) {
        const std::string file = inputs.folder.write("recording.jsonl", text);
        const Ran to_module = inputs.run("replay", {"--fast", file}, "texts");
        const Ran to_redis(inputs.folder, {"replay", "--fast", "--redis-socket", server.socket(), file});
        CHECK_MESSAGE(to_module.status == to_redis.status, (to_module.err + to_redis.err));
        return to_redis;
    };
    CHECK(replayed(good).status == 0);
    CHECK(replayed("").status == 2);
    CHECK(replayed(good + good.substr(0, 30)).status == 2);
    CHECK(replayed(good + "bad\nbad\n").status == 2);
    CHECK(replayed(good + "bad\n").status == 0);
    // what must not be sent is not unusable
    CHECK(replayed(good + message("control_channel", "stop_slips") + message("new_ip", "stop_process")).status == 0);
}

TEST_CASE("play, replay: input without a message for the module does not end with success") {
    const Inputs inputs;
    const auto check = [&](const std::string& command, const std::vector<std::string>& arguments,
                           const std::string& module, const std::string& error) {
        const Ran ran = inputs.run(command, arguments, module);
        CHECK_MESSAGE(ran.status == 2, ran.err);
        CHECK_MESSAGE(ran.reports(error), ran.err);
    };
    const std::string flow =
        message("new_flow", R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "version": "1.1.21"})");
    const std::string recording = inputs.folder.write("recording.jsonl", flow);
    check("replay", {"--fast", recording}, "both",
          "slipsdev: nothing of the input is a message on a channel that both subscribes to (my_own channel, new_ip); "
          "give a log or a recording that has some\n");
    check("play", {"--flows", inputs.folder.write("conn.log", conn_json)}, "raw",
          "nothing of the input is a message on a channel that raw subscribes to (my_own channel, new_ssh)");
    CHECK(inputs.play({"--flows", inputs.folder.write("conn.log", conn_json)}).status == 0);  // new_ip, tw_closed

    const std::string control = inputs.folder.write("control.jsonl", message("control_channel", "stop_slips") +
                                                                         message("new_ip", "stop_process"));
    const std::string error =
        control + ":1: nothing of the input was sent (a message that controls Slips itself); give a log or a recording";
    check("replay", {"--fast", control}, "both", error);
    RedisServer server(inputs.folder, "main");
    const Ran to_redis(inputs.folder, {"replay", "--fast", "--redis-socket", server.socket(), control});
    CHECK(to_redis.status == 2);
    CHECK(to_redis.reports(error));
}

TEST_CASE("replay: messages of another version, which the module skips, count") {
    const Inputs inputs;
    const std::string file =
        inputs.folder.write("recording.jsonl", message("new_ip", R"({"text": "10.0.0.1", "version": "1.1.22"})") +
                                                   message("new_ip", R"({"text": "10.0.0.2", "version": "1.1.19"})") +
                                                   message("new_ip", R"({"text": "10.0.0.3", "version": "1.1.19"})"));
    const Ran ran = inputs.run("replay", {"--fast", "--slips-version", "1.1.22", file}, "texts");
    CHECK_MESSAGE(ran.status == 1, ran.err);
    CHECK_MESSAGE(ran.prints("3 sent, 3 received, 0 accepted, 0 refused, 0 lost, 2 of another version\n"), ran.out);
    CHECK(Json::parse(read_file(inputs.folder / "out/summary.json"))["other_version"] == 2);
}

TEST_CASE("inspect: a Zeek log is named, and an empty file is an error") {
    const Inputs inputs;
    for (const std::string& text : {conn_json, "#separator \\x09\n" + conn_fields + conn_row}) {
        const Ran ran(inputs.folder, {"inspect", inputs.folder.write("conn.log", text)});
        CHECK(ran.status == 2);
        CHECK(ran.reports("is a Zeek log, not a recording; slipsdev play --flows reads it"));
    }
    const Ran both(inputs.folder, {"inspect", inputs.folder.write("empty", ""),
                                   inputs.folder.write("one", message("my_channel", "x"))});
    CHECK(both.status == 2);
    CHECK(both.prints("1 messages: 0 decoded, 1 without a type"));
}

TEST_CASE("replay: messages that the module cannot decode count") {
    const Inputs inputs;
    const std::string file =
        inputs.folder.write("recording.jsonl", message("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})") +
                                                   message("new_ip", R"({"text": "no address", "version": "1.1.21"})"));
    const Ran ran = inputs.run("replay", {"--fast", file}, "texts");
    CHECK(ran.status == 1);
    CHECK(ran.prints("2 sent, 2 received, 0 accepted, 0 refused, 0 lost, 1 not decoded\n"));
    CHECK(Json::parse(read_file(inputs.folder / "out/summary.json"))["undecodable"] == 1);
}

TEST_CASE("play, replay: the channels of subscribe() in init() count, alone and beside those of handlers") {
    const Inputs inputs;
    for (const std::string generation : {"current", "legacy"}) {
        CAPTURE(generation);
        const std::string ips = generation == "current" ? R"({"text": "10.0.0.1", "version": "1.1.21"})" : "10.0.0.1";
        const std::string recording =
            inputs.folder.write("recording.jsonl", message("my_own channel", "hello") + message("new_ip", ips) +
                                                       message("channel of nobody", "hello"));
        const Ran alone = inputs.run("replay", {"--generation", generation, "--fast", recording}, "raw");
        CHECK_MESSAGE(alone.status == 0, alone.err);
        CHECK(alone.reports("raw my_own channel 5 hello\n"));
        CHECK(alone.prints("1 sent, 1 received, 0 accepted, 0 refused, 0 lost"));
        const Ran both = inputs.run("replay", {"--generation", generation, "--fast", recording}, "both");
        CHECK_MESSAGE(both.status == 0, both.err);
        CHECK(both.reports("raw my_own channel 5 hello\n"));
        CHECK(both.reports("new_ip 10.0.0.1\n"));
        CHECK(both.prints("2 sent, 2 received, 0 accepted, 0 refused, 0 lost"));
    }
    // Started by Slips, the module knows its version, and skips messages without one.
    const std::string file = inputs.folder.write(
        "recording.jsonl", message("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})") +
                               message("my_own channel", R"({"text": "hello", "version": "1.1.21"})") +
                               message("channel of nobody", "hello"));
    const Ran launched = inputs.run("replay", {"--launcher", "--fast", file}, "raw");
    CHECK_MESSAGE(launched.status == 0, launched.err);
    CHECK(launched.reports("raw my_own channel "));
    CHECK(launched.prints("1 sent, 1 received, 0 accepted, 0 refused, 0 lost"));
}

TEST_CASE("play: --start-timeout limits the time until the module has subscribed") {
    const Inputs inputs;
    std::string program;
    for (const std::string& word : module_command("texts")) program += "'" + word + "' ";
    const std::string script =
        inputs.folder.write("sleeper", "for word; do [ \"$word\" = --describe ] && exec " + program +
                                           "--describe; done\nexec tail -f /dev/null\n");
    const std::string log = inputs.folder.write("conn.log", conn_json);
    const Ran ran(inputs.folder, {"play", "--flows", log, "--start-timeout", "0.5", "--output", inputs.folder / "out",
                                  "--", "sh", script});
    CHECK(ran.status == 1);
    CHECK_MESSAGE(ran.reports("texts has not subscribed to "), ran.err);
    CHECK(ran.reports(" within 0.5 seconds; a module that needs longer to start gets it with --start-timeout"));
    CHECK(Ran(inputs.folder, {"play", "--start-timeout", "0", "--flows", log, "--output", "x", "--", "sh"}).status ==
          2);
}

TEST_CASE("play, check: a program for another machine is named, not read as a script") {
    const Inputs inputs;
    struct {
        std::string begin, name;
    } const programs[] = {
        {std::string("\x7f"
                     "ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\x16",
                     20),
         "a program for s390x"},
        {std::string("MZ\x90\0\3\0\0\0", 8), "a program for Windows"},
    };
    const std::string log = inputs.folder.write("conn.log", conn_json);
    RedisServer server(inputs.folder, "main", ServerSettings{.tcp = true});
    for (const auto& one : programs) {
        CAPTURE(one.name);
        const std::string program = inputs.folder.write("module", one.begin + std::string(100, '('));
        REQUIRE(::chmod(program.c_str(), 0700) == 0);
        const Ran played(inputs.folder, {"play", "--flows", log, "--output", inputs.folder / "out", "--", program});
        CHECK(played.status == 3);
        CHECK(count(played.err, "\n") == 1);
        CHECK_MESSAGE(played.reports(program + " is " + one.name + ", which does not run here"), played.err);
        const Ran checked(inputs.folder,
                          {"check", "--redis-port", server.port(), "--cache-port", server.port(), "--", program});
        CHECK(checked.status == 3);
        CHECK_MESSAGE(checked.reports(one.name), checked.err);
    }
}

TEST_CASE("play, replay: pipes are read like files") {
    const Inputs inputs;
    const std::string log = inputs.folder.write("conn.log", conn_json + conn_json);
    const std::string recording =
        inputs.folder.write("recording.jsonl", message("new_ip", R"({"text": "10.0.0.1", "version": "1.1.21"})"));
    std::string program;
    for (const std::string& word : module_command("texts")) program += " '" + word + "'";
    const auto shell = [&](const std::string& command) {
        Launch launch;
        launch.arguments = {"/bin/sh", "-c", command};
        std::remove((inputs.folder / "printed").c_str());
        launch.out = launch.err = inputs.folder / "printed";
        ChildProcess process(launch);
        const auto status = process.wait(3 * patience);
        CHECK_MESSAGE(status == 0, (command + read_file(launch.err)));
        return read_file(launch.out);
    };
    const std::string slipsdev = SLIPS_TEST_SLIPSDEV, rest = " --output " + (inputs.folder / "out") + " --" + program;
    const std::string fifo = inputs.folder / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& command : {"gzip -c " + log + " | gzip -dc | " + slipsdev + " play --flows -" + rest,
                                       "gzip -c " + log + " | " + slipsdev + " play --flows -" + rest,
                                       slipsdev + " play --flows /dev/fd/5" + rest + " 5<" + log,
                                       "cat " + log + " | " + slipsdev + " play --flows /dev/stdin" + rest,
                                       "cat " + log + " >" + fifo + " & " + slipsdev + " play --flows " + fifo + rest})
        CHECK_MESSAGE(count(shell(command), "2 sent, ") == 1, command);
    CHECK(count(shell("cat " + recording + " | " + slipsdev + " replay -" + rest), "new_ip 10.0.0.1\n") == 1);
    CHECK(count(shell("gzip -c " + recording + " | " + slipsdev + " replay --fast /dev/stdin" + rest),
                "1 sent, 1 received") == 1);
}

TEST_CASE("play: each line of another Zeek log is published as Slips does, never as new_flow") {
    const Inputs inputs;
    const std::string dns =
        R"({"ts":1517336042.2,"uid":"C2","id.orig_h":"192.168.88.2","id.orig_p":5,"id.resp_h":"198.51.100.15",)"
        R"("id.resp_p":53,"proto":"udp","query":"example.com","qclass_name":"C_INTERNET","qtype_name":"A"})"
        "\n";
    const std::string ssl =
        "#separator \\x09\n#path\tssl\n"
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tcipher\tserver_name\n"
        "1517336042.3\tC3\t192.168.88.2\t5\t198.51.100.15\t443\tTLSv12\tX\texample.com\n";
    const std::string folder = inputs.folder.make_folder("zeek");
    inputs.folder.write("zeek/conn.log", conn_json + R"({"ts":1517336042.4,"uid":"C4","id.orig_h":"192.168.88.2",)"
                                                     R"("id.resp_h":"198.51.100.15","proto":"tcp","conn_state":"S0"})"
                                                     "\n");
    inputs.folder.write("zeek/dns.log", dns);
    inputs.folder.write("zeek/ssl.log", ssl);
    inputs.folder.write("zeek/stats.log", R"({"ts":1517336042.1,"mem":1})"
                                          "\n");
    const Ran all = inputs.play({"--flows", folder}, "flows");
    CHECK_MESSAGE(all.status == 0, all.err);
    CHECK(all.prints("4 sent, 4 received"));
    CHECK(all.reports("1 line skipped: this is a stats.log, of which slipsdev publishes nothing"));
    const auto at = [&](const std::string& what) { return all.err.find("flow " + what + "\n"); };
    CHECK(at("new_flow C1") < at("new_dns C2 example.com"));
    CHECK(at("new_dns C2 example.com") < at("new_ssl C3 example.com"));
    CHECK(at("new_ssl C3 example.com") < at("new_flow C4"));
    CHECK(at("new_flow C4") != std::string::npos);

    // A log whose name does not show it, one log with several kinds, and one that Slips does not read.
    const Ran named = inputs.play({"--flows", inputs.folder.write("conn.log", dns)}, "flows");
    CHECK(named.reports("flow new_dns C2 example.com\n"));
    CHECK(named.prints("1 sent, 1 received"));
    std::string stream = conn_json + dns;
    stream.insert(1, R"("_path":"conn",)");
    stream.insert(conn_json.size() + 1 + 15, R"("_path":"dns",)");
    const Ran mixed = inputs.play({"--flows", inputs.folder.write("stream.json", stream)}, "flows");
    CHECK_MESSAGE(mixed.prints("2 sent, 2 received"), mixed.err);
    const Ran unread =
        inputs.play({"--flows", inputs.folder.write("stats.log", "#path\tstats\n#fields\tts\n1\n")}, "flows");
    CHECK(unread.status == 2);
    CHECK(unread.reports("this is a stats.log, of which slipsdev publishes nothing, and nothing else was given; "));
    inputs.folder.make_folder("unread");
    inputs.folder.write("unread/stats.log", "#path\tstats\n#fields\tts\n1\n");
    const Ran unread_folder = inputs.play({"--flows", inputs.folder / "unread"}, "flows");
    CHECK(unread_folder.status == 2);
    CHECK(unread_folder.reports(
        "this is a stats.log, of which slipsdev publishes nothing, and nothing else was given; "));
    const Ran beside = inputs.play(
        {"--flows", inputs.folder.write("few.log", conn_json), inputs.folder / "unread/stats.log"}, "flows");
    CHECK_MESSAGE(beside.status == 0, beside.err);
    CHECK(beside.prints("1 sent, 1 received"));
    CHECK(beside.reports("1 line skipped: this is a stats.log, of which slipsdev publishes nothing"));
    // Slips before 1.1.2 has other forms and channels of them.
    const Ran legacy = inputs.play({"--generation", "legacy", "--flows", inputs.folder.write("dns.log", dns)}, "flows");
    CHECK_MESSAGE(legacy.status == 0, legacy.err);
    CHECK(legacy.prints("1 sent, 1 received"));
    const std::string weird = R"({"_path":"weird","ts":1517336042.1,"id.orig_h":"192.0.2.1","name":"x"})";
    const Ran unpublished =
        inputs.play({"--generation", "legacy", "--flows", inputs.folder.write("weird.log", weird)}, "flows");
    CHECK(unpublished.status == 2);
    CHECK(unpublished.reports("this is a weird.log, of which Slips 0.9.1 publishes nothing"));
}

#endif
