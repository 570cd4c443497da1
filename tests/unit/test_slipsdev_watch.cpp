// slipsdev top and metrics: what is computed from two samples, and how it is shown. Samples are written by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "slipsdev/watch/export.hpp"
#include "slipsdev/watch/page_server.hpp"
#include "slipsdev/watch/processes.hpp"
#include "slipsdev/watch/report.hpp"
#include "slipsdev/watch/sampler.hpp"
#include "slipsdev/watch/table.hpp"

using namespace slipsdev;

namespace {

constexpr std::int64_t main_pid = 100, arp_pid = 200, redis_pid = 90;

ProcessSample process(std::int64_t pid, std::int64_t parent, double cpu, char state = 'S') {
    ProcessSample sample;
    sample.pid = pid;
    sample.parent = parent;
    sample.state = state;
    sample.program = "python3";
    sample.cpu_seconds = cpu;
    sample.started = static_cast<std::uint64_t>(pid);
    sample.pss = 1 << 20;
    sample.rss = 2 << 20;
    return sample;
}

void add(Sample& sample, const ProcessSample& each) { sample.processes[each.pid] = each; }

/// Returns a Slips with the module arp, which has received this many of 50,000 messages.
Sample slips_at(double time, std::uint64_t published, std::uint64_t received) {
    Sample sample;
    sample.time = time;
    sample.unix_time = 1'700'000'000 + time;
    sample.is_running = true;
    sample.release = release_named("1.1.22");
    sample.analysis = {{"input_type", "pcap"}, {"name", "a.pcap"}};
    sample.started = 1'699'999'000;
    sample.pids = {{"main", main_pid}, {"arp", arp_pid}};
    sample.published = Tally{{"new_arp", published}, {"new_flow", 10 * published}};
    sample.modules["arp"] = {.time = time, .received = {{"new_arp", received}}, .published = {{"new_arp", published}}};
    sample.evidence = published / 100;
    sample.alerts = 1;
    sample.flows = 10 * published;
    sample.redis = {.version = "7.0.15",
                    .pid = redis_pid,
                    .commands = published,
                    .cpu_seconds = time,
                    .memory = 1 << 20,
                    .clients = 3,
                    .dropped = std::nullopt};
    sample.sees_processes = true;
    add(sample, process(redis_pid, main_pid, time));
    add(sample, process(main_pid, 1, 0));
    add(sample, process(arp_pid, main_pid, time / 2));
    return sample;
}

/// Returns `now` with what was read `before`.
Sample after(const Sample& before, Sample now) {
    now.earlier = before.modules;
    return now;
}

const ModuleRow& row_of(const Report& report, const std::string& name) {
    const auto found = std::find_if(report.modules.begin(), report.modules.end(),
                                    [&](const ModuleRow& row) { return row.name == name; });
    REQUIRE(found != report.modules.end());
    return *found;
}

std::string screen_of(const Report& report, View view) {
    std::string text;
    for (const Line& line : lines_of(report, view)) text += text_of(line) + "\n";
    return text;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the backlog is what was published and not received, and its growth explains the row") {
    const Sample before = slips_at(10, 49'000, 1'600);
    const Sample now = after(before, slips_at(12, 50'000, 2'000));
    const Report report = report_of(&before, now);
    const ModuleRow& arp = row_of(report, "arp");
    CHECK(arp.backlog == 48'000u);
    CHECK(arp.received == 2'000u);
    CHECK(arp.received_rate == doctest::Approx(200));
    CHECK(arp.growth == doctest::Approx(300));
    CHECK(arp.alarm == "arp is 48,000 messages behind, growing by 300 per second");
    REQUIRE(arp.channels.size() == 1);
    CHECK(arp.channels[0].published == 50'000u);
    CHECK(arp.channels[0].growth == doctest::Approx(300));
    CHECK(report.flows_per_minute == doctest::Approx(10'000 / 2 * 60));
    CHECK(report.evidence_rate == doctest::Approx(5));
    CHECK(report.redis_command_rate == doctest::Approx(500));
    CHECK(report.redis_cpu == doctest::Approx(1));
    CHECK(row_of(report, "main").is_slips);
    CHECK(report.modules.front().name == "main");
}

TEST_CASE("a module that catches up, keeps up, hangs or has ended is described as such") {
    const Sample before = slips_at(10, 50'000, 1'000);
    const auto alarm = [&](Sample now) {
        return row_of(report_of(&before, after(before, std::move(now))), "arp").alarm;
    };
    CHECK(alarm(slips_at(11, 50'000, 2'000)) ==
          "arp is 48,000 messages behind, catching up by 1,000 per second: 48 seconds are left");
    CHECK(alarm(slips_at(11, 51'000, 2'000)) == "arp is 49,000 messages behind, which neither grows nor shrinks");
    CHECK(alarm(slips_at(11, 50'000, 1'000)) == "arp is 49,000 messages behind, and received none in 1 second");
    CHECK(alarm(slips_at(20, 50'000, 1'000)) ==
          "arp is 49,000 messages behind, and received none in 10 seconds: it hangs, or it subscribed after them");
    CHECK(alarm(slips_at(11, 50'000, 49'950)) == "");  // a few are on their way
    CHECK(alarm(slips_at(11, 50'000, 60'000)) == "");  // a publisher that does not count

    Sample ended = slips_at(11, 50'000, 1'000);
    ended.processes.erase(arp_pid);
    CHECK(alarm(ended) == "arp has ended, and left 49,000 messages unread");
    Sample with_zombie = slips_at(11, 50'000, 49'990);
    add(with_zombie, process(201, arp_pid, 0, 'Z'));
    with_zombie.processes[201].pss.reset();
    with_zombie.processes[201].rss = 0;
    const Report zombie_child = report_of(&before, after(before, with_zombie));
    CHECK(row_of(zombie_child, "arp").state == "sleeping");
    CHECK_FALSE(row_of(zombie_child, "arp").memory_is_rss);
    Sample zombie = slips_at(11, 50'000, 49'990);
    zombie.processes[arp_pid].state = 'Z';
    CHECK(contains(alarm(zombie), "(a zombie)"));
    Sample paused = slips_at(11, 50'000, 49'990);
    paused.processes[arp_pid].state = 'T';
    CHECK(contains(alarm(paused), "arp is stopped by a signal"));
}

TEST_CASE("rates are unknown in the first sample, when counters begin again, and for another Slips") {
    const Sample before = slips_at(10, 50'000, 40'000);
    CHECK_FALSE(row_of(report_of(nullptr, before), "arp").received_rate);
    CHECK_FALSE(row_of(report_of(nullptr, before), "arp").cpu);
    CHECK(row_of(report_of(nullptr, before), "arp").backlog == 10'000u);
    const Report fell = report_of(&before, after(before, slips_at(11, 10, 10)));
    CHECK_FALSE(row_of(fell, "arp").received_rate);
    CHECK_FALSE(row_of(fell, "arp").growth);
    CHECK_FALSE(fell.evidence_rate);
    Sample other = slips_at(11, 60'000, 50'000);
    other.started = 1'800'000'000;
    CHECK_FALSE(report_of(&before, other).evidence_rate);
    const Sample same = before;  // read once, shown twice
    CHECK_FALSE(report_of(&before, same).evidence_rate);
}

TEST_CASE("processes below a module count to it: those of a launcher, and of several copies") {
    Sample before = slips_at(10, 100, 100), now = slips_at(12, 100, 100);
    for (Sample* each : {&before, &now}) {
        each->pids["scan"] = 300;  // the launcher
        const double cpu = each == &now ? 3 : 1;
        add(*each, process(300, main_pid, 0.5));
        add(*each, process(301, 300, cpu));
        add(*each, process(302, 300, cpu, 'R'));
        add(*each, process(303, main_pid, cpu));  // a helper of Slips
        add(*each, process(999, 1, cpu));         // of somebody else
    }
    add(now, process(304, 301, 0.5));  // has started since
    const Report report = report_of(&before, after(before, now));
    const ModuleRow& scan = row_of(report, "scan");
    CHECK(scan.processes == 4);
    CHECK(scan.cpu == doctest::Approx((2 + 2 + 0.5) / 2));
    CHECK(scan.memory == 4u << 20);
    CHECK_FALSE(scan.memory_is_rss);
    CHECK(scan.state == "running");
    CHECK(row_of(report, "main").processes == 2);  // without Redis, which it has started

    now.processes[302].pss = std::nullopt;
    const Report without = report_of(&before, after(before, now));
    CHECK(row_of(without, "scan").memory == 5u << 20);
    CHECK(row_of(without, "scan").memory_is_rss);
    CHECK(contains(screen_of(without, {}), "5.0M*"));

    now.processes[302].started = 77;  // another process with its number
    CHECK(row_of(report_of(&before, after(before, now)), "scan").cpu == doctest::Approx((2 + 3 + 0.5) / 2));
}

TEST_CASE("a whole core is that of one process, not of several together") {
    Sample before = slips_at(10, 49'900, 49'900), now = slips_at(12, 50'000, 49'910);
    for (Sample* each : {&before, &now}) {
        add(*each, process(201, arp_pid, each == &now ? 1.6 : 0));
        add(*each, process(202, arp_pid, each == &now ? 1.5 : 0));
    }
    const auto alarm = [&] { return row_of(report_of(&before, after(before, now)), "arp").alarm; };
    CHECK(row_of(report_of(&before, after(before, now)), "arp").cpu == doctest::Approx(0.5 + 0.8 + 0.75));
    CHECK(alarm() == "");
    now.processes[201].cpu_seconds = 2;
    CHECK(alarm() == "a process of arp uses a whole core, and the backlog grows by 45 per second");
}

TEST_CASE("a module without a PID has ended when Redis has no connection with its name") {
    Sample now = slips_at(10, 50'000, 100);
    now.modules["scan"] = {.time = 10, .received = {{"new_arp", 100}}, .published = {{"new_arp", 50'000}}};
    CHECK(row_of(report_of(nullptr, now), "scan").state == "?");  // Redis denies CLIENT LIST
    now.clients = ClientPorts{{"scan", {4711}}};
    CHECK(row_of(report_of(nullptr, now), "scan").state == "?");
    now.clients = ClientPorts{};
    CHECK(row_of(report_of(nullptr, now), "scan").state == "ended");
    CHECK(row_of(report_of(nullptr, now), "arp").state == "sleeping");
    now.sees_processes = false;
    CHECK(row_of(report_of(nullptr, now), "scan").alarm == "scan has ended, and left 49,900 messages unread");
    CHECK(row_of(report_of(nullptr, now), "arp").state == "?");
}

TEST_CASE("parents that form a cycle end, and a thread is no module") {
    Sample now = slips_at(10, 100, 100);
    add(now, process(400, 401, 1));
    add(now, process(401, 400, 1));
    now.pids["timer"] = 201;
    now.threads[201] = arp_pid;
    const Report report = report_of(nullptr, now);
    CHECK(report.modules.size() == 2);
}

TEST_CASE("a name that Slips writes in two ways is one module") {
    Sample now = slips_at(10, 100, 100);
    now.pids["evidence_handler"] = 300;
    add(now, process(300, main_pid, 1));
    now.modules["EvidenceHandler"] = {
        .time = 10, .received = {{"evidence_added", 4}}, .published = {{"evidence_added", 5}}};
    const Report report = report_of(nullptr, now);
    CHECK(report.modules.size() == 3);
    const ModuleRow& handler = row_of(report, "evidence_handler");
    CHECK(handler.processes == 1);
    CHECK(handler.backlog == 1u);
}

TEST_CASE("evidence per second is known of modules that store how much they have set") {
    Sample before = slips_at(10, 100, 100), now = slips_at(12, 100, 100);
    before.metrics["scan"].evidence = 10;
    now.metrics["scan"].evidence = 16;
    const Report report = report_of(&before, now);
    CHECK(row_of(report, "scan").evidence_rate == doctest::Approx(3));
    CHECK_FALSE(row_of(report, "arp").evidence_rate);
    CHECK(contains(to_prometheus(report), "slips_module_evidence_total{module=\"scan\"} 16\n"));
    CHECK(contains(to_json(report_of(nullptr, now))["modules"].dump(), "\"evidence\":16"));
    now.metrics["scan"].evidence = 3;  // it has started again
    CHECK_FALSE(row_of(report_of(&before, now), "scan").evidence_rate);
}

TEST_CASE("metrics: copies are added up, and what is not an object of numbers is refused") {
    CHECK(module_of_field("scan") == "scan");
    CHECK(module_of_field("scan#2") == "scan");
    CHECK(module_of_field("scan#x") == "scan#x");
    CHECK(module_of_field("#2") == "#2");
    CHECK(module_of_field("scan#") == "scan#");

    auto metrics =
        parse_metrics(R"({"counts":{"names_checked":18446744073709551615},"gauges":{"names_known":7,"share":0.5}})");
    REQUIRE(metrics);
    CHECK_FALSE(metrics->evidence);
    add_metrics(*metrics, *parse_metrics(R"({"evidence":14,"counts":{}})"));
    add_metrics(*metrics, *parse_metrics(R"({"evidence":2})"));
    CHECK(metrics->evidence == 16u);
    CHECK(metrics->counts.at("names_checked") == 18446744073709551615u);
    CHECK(metrics->gauges.at("share") == doctest::Approx(0.5));
    add_metrics(*metrics, *parse_metrics(R"({"counts":{"names_checked":1,"more":2},"gauges":{"names_known":1}})"));
    CHECK(metrics->counts.at("names_checked") == 18446744073709551615u);  // not 0
    CHECK(metrics->counts.at("more") == 2u);
    CHECK(metrics->gauges.at("names_known") == doctest::Approx(8));
    CHECK(parse_metrics(R"({"counts":{},"text":"of a newer SDK"})"));
    for (const char* garbage :
         {"", "7", "[]", "{", R"({"evidence":-1})", R"({"evidence":"1"})", R"({"counts":[]})", R"({"counts":{"a":-1}})",
          R"({"counts":{"a":1.5}})", R"({"counts":{"a":"1"}})", R"({"gauges":{"a":null}})", "\xff\xfe"}) {
        CAPTURE(garbage);
        CHECK_FALSE(parse_metrics(garbage));
    }
}

TEST_CASE("what a release does not count is n/a, and a note says since when it is counted") {
    Sample now;
    now.is_running = true;
    now.release = release_named("0.9.6");
    now.pids = {{"slips.py", main_pid}, {"arp", arp_pid}};
    now.sees_processes = true;
    add(now, process(main_pid, 1, 1));
    add(now, process(arp_pid, main_pid, 1));
    const Report report = report_of(nullptr, now);
    const std::string screen = screen_of(report, {.width = 160});
    CHECK(contains(screen, "n/a in Slips 0.9.6: messages, backlog and flows (counted since 1.1.1)"));
    CHECK(contains(screen, "n/a in Slips 0.9.6: evidence (counted since 1.0.5)"));
    CHECK(contains(screen, "n/a in Slips 0.9.6: alerts (counted since 1.0.11)"));
    CHECK(contains(screen, "evidence n/a"));
    const Json json = to_json(report);
    CHECK(json["slips"]["evidence"].is_null());
    CHECK(json["modules"][1]["backlog"].is_null());
    CHECK(json["notes"].size() == 3);
    CHECK_FALSE(contains(to_prometheus(report), "slips_evidence_total"));
    CHECK(report_of(nullptr, slips_at(1, 1, 1)).notes.empty());
}

TEST_CASE("rows are sorted by each key, Slips first and unknown values last") {
    std::vector<ModuleRow> rows(4);
    rows[0].name = "b";
    rows[0].cpu = 0.1;
    rows[0].memory = 5;
    rows[1].name = "a";
    rows[1].backlog = 10;
    rows[2].name = "main";
    rows[2].is_slips = true;
    rows[3].name = "C";
    rows[3].backlog = 1;
    rows[3].alarm = "behind";
    const auto order = [&](SortKey key) {
        sort_rows(rows, key);
        std::string names;
        for (const ModuleRow& row : rows) names += row.name + " ";
        return names;
    };
    CHECK(order(SortKey::name) == "main a b C ");
    CHECK(order(SortKey::cpu) == "main b a C ");
    CHECK(order(SortKey::memory) == "main b a C ");
    CHECK(order(SortKey::backlog) == "main C a b ");
}

TEST_CASE("a hostile name neither reaches the terminal nor shifts a column") {
    const std::string red = "\x1b[31mred", wide = "\xe4\xb8\xad\xe6\x96\x87", invalid = "\xff\xc3",
                      lines = "two\r\nlines";
    CHECK(ascii(red) == "\\x1b[31mred");
    CHECK(ascii(wide) == "\\u4e2d\\u6587");
    CHECK(ascii("\xf0\x9f\x92\xa3") == "\\U0001f4a3");
    CHECK(ascii(invalid) == "\\xff\\xc3");
    CHECK(ascii("\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80") == "\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
    CHECK(label_text("\xff" + wide) == "\xef\xbf\xbd" + wide);
    CHECK(fitted(std::string(1'000'000, 'x'), 10) == "xxxxxxxx..");
    CHECK(fitted(wide, 8) == "\\u4e2d..");
    CHECK(fitted("abc", 2) == "ab");

    Sample now = slips_at(10, 50'000, 100);
    now.analysis["name"] = red + wide;
    for (const std::string& name : {red, wide, invalid, lines, std::string(5000, 'n')}) {
        now.pids[name] = arp_pid;
        now.modules[name] = {.time = 10, .received = {{red, 1}}, .published = {{red, 500}}};
        now.metrics[name].counts[wide] = 1;
    }
    for (const std::size_t width : {std::size_t{1}, std::size_t{20}, std::size_t{80}, std::size_t{200}}) {
        for (const std::size_t height :
             {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{24}, std::size_t{50}}) {
            for (const bool shows_help : {false, true}) {
                View view{
                    .width = width, .height = height, .selected = red, .shows_help = shows_help, .where = "port 6379"};
                const auto screen = lines_of(report_of(nullptr, now), view);
                if (height > 0) CHECK(screen.size() == height);
                for (const Line& line : screen) {
                    const std::string text = text_of(line);
                    CHECK(text.size() <= width);
                    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
                }
            }
        }
    }
    const std::string json = to_json(report_of(nullptr, now)).dump(-1, ' ', true, Json::error_handler_t::replace);
    CHECK(std::all_of(json.begin(), json.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(label_text("a\\b\"c\nd") == "a\\\\b\\\"c\\\\x0ad");
    CHECK_FALSE(contains(to_prometheus(report_of(nullptr, now)), "\x1b"));
}

TEST_CASE("no row is selected at first, not that of a module without a name either") {
    Sample now = slips_at(10, 50'000, 50'000);
    now.pids[""] = arp_pid + 1;
    View view{.width = 80, .height = 24};
    for (const Line& line : lines_of(report_of(nullptr, now), view))
        for (const Span& span : line) CHECK_FALSE((span.style == Style::selected && contains(span.text, "ended")));
}

TEST_CASE("the selected row stays in view, and its channels and metrics are below the list") {
    Sample now = slips_at(10, 50'000, 49'990);
    for (int i = 0; i < 60; ++i) now.pids["module" + std::to_string(i)] = 1000 + i;
    now.metrics["arp"].counts["names_checked"] = 1234;
    now.metrics["arp"].gauges["names_known"] = 7;
    Report report = report_of(nullptr, now);
    sort_rows(report.modules, SortKey::name);
    View view{.width = 80, .height = 24, .sort = SortKey::name, .selected = report.modules.back().name};
    CHECK(contains(screen_of(report, view), *view.selected));
    static_cast<void>(lines_of(report, view));
    CHECK(view.first > 30);
    view.selected = "arp";
    const std::string screen = screen_of(report, view);
    CHECK(contains(screen, "metrics names_checked 1,234  names_known 7"));
    CHECK(contains(screen, "new_arp"));
    CHECK(contains(screen, "received 49,990  of 50,000  backlog 10"));
    CHECK(contains(screen_of(report, {.width = 200}), "names_checked 1,234  names_known 7"));
}

TEST_CASE("without Slips, and without Redis, the screen says so") {
    CHECK(contains(screen_of(Report{}, {.width = 80, .height = 24, .where = "port 6379"}),
                   "Redis at port 6379 holds no Slips: waiting for one to start"));
    CHECK(contains(screen_of(Report{}, {.width = 80, .height = 24, .trouble = "no Redis at port 1; trying again"}),
                   "no Redis at port 1; trying again"));
    const std::string trouble = screen_of(
        Report{}, {.width = 40, .height = 24, .trouble = "no Redis at port 6379 (connection refused); trying again"});
    CHECK(contains(trouble, "no Redis at port 6379 (connection\nrefused); trying again\n"));
    Sample ended = slips_at(10, 1, 1);
    ended.has_ended = true;
    CHECK(contains(screen_of(report_of(nullptr, ended), {}), "has ended"));
    CHECK(to_json(report_of(nullptr, ended))["slips"]["running"] == false);
}

TEST_CASE("bytes and numbers have three digits or so") {
    CHECK(bytes_text(0) == "0B");
    CHECK(bytes_text(1000) == "1K");
    CHECK(bytes_text(45 << 20) == "45.0M");
    CHECK(bytes_text(1023u << 20) == "1.0G");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'234'567) == "1,234,567");
}

TEST_CASE("Prometheus: families once, with their type, and escaped labels") {
    Sample now = slips_at(10, 50'000, 2'000);
    now.metrics["arp"].counts["names_checked"] = 12;
    now.metrics["arp"].gauges["names_known"] = 0.1;
    const std::string text = to_prometheus(report_of(nullptr, now));
    CHECK(contains(text, "# TYPE slips_up gauge\nslips_up 1\n"));
    CHECK(contains(text, R"(slips_info{version="1.1.22",input_type="pcap",input="a.pcap",interface=""} 1)"));
    CHECK(contains(text, "# TYPE slips_module_backlog_messages gauge\n"
                         "slips_module_backlog_messages{module=\"arp\",channel=\"new_arp\"} 48000\n"));
    CHECK(contains(text, "slips_module_cpu_seconds_total{module=\"arp\"} 5.0\n"));
    CHECK(contains(text, "slips_module_memory_bytes{module=\"arp\",kind=\"pss\"} 1048576\n"));
    CHECK(contains(text, "slips_module_count_total{module=\"arp\",name=\"names_checked\"} 12\n"));
    CHECK(contains(text, "slips_module_value{module=\"arp\",name=\"names_known\"} 0.1\n"));
    CHECK_FALSE(contains(text, "slips_redis_slow_clients_dropped_total"));  // this Redis does not count them
    const std::string heading = "# TYPE slips_channel_published_messages_total counter\n";  // of two channels
    CHECK(text.find(heading) != std::string::npos);
    CHECK(text.find(heading) == text.rfind(heading));
    CHECK(to_prometheus(Report{}) == to_prometheus_down());
    CHECK(contains(to_prometheus_down(), "slips_up 0\n"));
}

TEST_CASE("/proc: a program's name may contain anything, and a cut text is no process") {
    const std::string rest = " S 7 1 1 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 4711 1000000 256 18446744073709551615";
    const auto stat = parse_stat("42 (a) b (c)" + rest, 100, 4096);
    REQUIRE(stat);
    CHECK(stat->pid == 42);
    CHECK(stat->parent == 7);
    CHECK(stat->state == 'S');
    CHECK(stat->program == "a) b (c");
    CHECK(stat->cpu_seconds == doctest::Approx(2));
    CHECK(stat->started == 4711u);
    CHECK(stat->rss == 256u * 4096);
    for (const char* cut : {"", "42", "42 (a", "42 (a)", "42 (a) S", ")(", "(a) S 1", "x (a) S 1 2 3"}) {
        CAPTURE(cut);
        CHECK_FALSE(parse_stat(cut, 100, 4096));
    }
    CHECK(parse_pss("00400000-ff (deleted)\nRss:  1000 kB\nPss:    123 kB\nPss_Dirty:   1 kB\n") == 123u * 1024);
    CHECK_FALSE(parse_pss("Rss: 1000 kB\n"));
}

TEST_CASE("replies of Redis: INFO and CLIENT LIST") {
    const RedisSample redis =
        parse_info("# Server\r\nredis_version:7.0.15\r\nprocess_id:12\r\nused_cpu_sys:1.5\r\nused_cpu_user:2.5\r\n"
                   "total_commands_processed:99\r\nused_memory:1024\r\nconnected_clients:3\r\nclient_output_buffer_"
                   "limit_disconnections:2\r\n");
    CHECK(redis.version == "7.0.15");
    CHECK(redis.pid == 12);
    CHECK(redis.cpu_seconds == doctest::Approx(4));
    CHECK(redis.commands == 99u);
    CHECK(redis.dropped == 2u);
    CHECK_FALSE(parse_info("nonsense").commands);
    CHECK(parse_clients("id=1 addr=127.0.0.1:4711 fd=8 name=scan age=1\nid=2 addr=127.0.0.1:1 name= age=1\n"
                        "id=3 addr=[::1]:4712 name=scan age=2\nid=4 addr=/tmp/redis.sock:0 name=arp") ==
          ClientPorts{{"arp", {0}}, {"scan", {4711, 4712}}});
}

TEST_CASE("sockets: those of a port are found in the kernel's table") {
    const std::string table =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1267 0100007F:18EB 01 00000000:00000000 02:00000A1B 00000000     0        0 4242 2 0 20 4 30 "
        "10 -1\n"
        "   1: 0100007F:18EB 0100007F:1267 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 20 4 30 "
        "10 -1\n"
        "   2: cut off";
    CHECK(parse_sockets(table, {4711}) == std::set<std::string>{"4242"});
    CHECK(parse_sockets(table, {4711, 6379}) == std::set<std::string>{"4242", "4243"});
    CHECK(parse_sockets(table, {22}).empty());
}

TEST_CASE("HTTP: GET /metrics is answered, anything else refused, and an incomplete request waited for") {
    int pages = 0;
    const auto reply = [&](const std::string& request) {
        return http_reply(request, [&] {
            ++pages;
            return std::string("slips_up 1\n");
        });
    };
    CHECK(contains(reply("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\nslips_up 1\n"));
    CHECK(contains(reply("GET /metrics?x=1 HTTP/1.0\n\n"), "200 OK"));
    CHECK(contains(reply("GET /metrics HTTP/1.1\r\n\r\n"), "Content-Length: 11\r\n"));
    CHECK(pages == 3);
    CHECK_FALSE(contains(reply("HEAD /metrics HTTP/1.1\r\n\r\n"), "slips_up"));
    CHECK(contains(reply("GET / HTTP/1.1\r\n\r\n"), "200 OK"));
    CHECK(contains(reply("GET /x HTTP/1.1\r\n\r\n"), "404"));
    CHECK(contains(reply("POST /metrics HTTP/1.1\r\n\r\n"), "405"));
    CHECK(contains(reply("GARBAGE\r\n\r\n"), "400"));
    CHECK(contains(reply("\x16\x03\x01\x02"), "400"));  // TLS
    CHECK(contains(reply("GET /metrics HTTP/1.1\r\nX: " + std::string(PageServer::longest_request, 'x')), "431"));
    CHECK(contains(reply(std::string(PageServer::longest_request + 1, 'x')), "431"));
    CHECK(reply("GET /metrics HTTP/1.1\r\nHost: x\r\n").empty());
    CHECK(reply("").empty());
    CHECK(pages == 4);
}
