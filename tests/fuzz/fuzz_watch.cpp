// Any text as what slipsdev top and metrics read: files of /proc, replies of Redis, names, metrics, HTTP requests. Input:
// the text; its first line is also a name.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "slipsdev/watch/export.hpp"
#include "slipsdev/watch/page_server.hpp"
#include "slipsdev/watch/processes.hpp"
#include "slipsdev/watch/report.hpp"
#include "slipsdev/watch/sampler.hpp"
#include "slipsdev/watch/table.hpp"

namespace {

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Shows a Slips whose names and texts are all `name`.
void show(const std::string& name, const slipsdev::ModuleMetrics& metrics) {
    using namespace slipsdev;
    Sample now;
    now.time = 1;
    now.is_running = true;
    now.release = release_named("1.1.22");
    now.analysis = {{"name", name}, {"input_type", name}, {"interface", name}};
    now.pids = {{"main", 1}, {name, 2}};
    now.published = Tally{{name, 100'000}};
    now.modules[name] = {.time = 1, .received = {{name, 1}}, .published = {{name, 100'000}}};
    now.metrics[name] = metrics;
    now.redis.version = name;
    Sample before = now;
    before.time = 0;
    before.modules[name].time = 0;
    now.earlier = before.modules;
    const Report report = report_of(&before, now);
    for (const std::size_t width : {std::size_t{10}, std::size_t{80}, std::size_t{200}}) {
        for (const std::size_t height : {std::size_t{0}, std::size_t{24}}) {
            View view{.width = width, .height = height, .selected = name, .where = name};
            for (const Line& line : lines_of(report, view)) {
                fuzz::expect(is_plain(text_of(line)), "a line of the screen is plain ASCII", text_of(line));
                fuzz::expect(text_of(line).size() <= width, "a line of the screen is not too long", text_of(line));
            }
        }
    }
    const std::string json = to_json(report).dump(-1, ' ', true, Json::error_handler_t::replace);
    fuzz::expect(is_plain(json) && Json::accept(json), "the report is JSON", json);
    const std::string exposition = to_prometheus(report);
    fuzz::expect(exposition.ends_with('\n') && exposition.find('\033') == std::string::npos, "metrics are lines",
                 exposition);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipsdev;
    const std::string_view text = fuzz::text_of(data, size);
    static_cast<void>(parse_stat(text, 100, 4096));
    static_cast<void>(parse_pss(text));
    static_cast<void>(parse_sockets(text, {4711}));
    static_cast<void>(parse_info(text));
    for (const auto& [name, ports] : parse_clients(text))
        fuzz::expect(!name.empty() && name.find(' ') == std::string::npos, "a client's name is a word", name);
    const std::string reply = http_reply(text, [] { return std::string("page\n"); });
    fuzz::expect(reply.empty() || reply.starts_with("HTTP/1.1 "), "a reply is HTTP", reply);
    fuzz::expect(!reply.empty() || size <= PageServer::longest_request, "a long request is answered");
    const auto metrics = parse_metrics(text);
    std::string_view rest = text;
    show(std::string(fuzz::take_line(rest)), metrics.value_or(ModuleMetrics{}));
    return 0;
}
