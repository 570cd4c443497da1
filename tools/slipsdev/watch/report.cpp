#include "slipsdev/watch/report.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

// A backlog is reported if it is at least so large, and more than the module receives in this time.
constexpr std::uint64_t notable_backlog = 100;
constexpr double notable_seconds = 5;
constexpr double notable_growth = 1;  // per second
constexpr double whole_core = 0.95;
constexpr double hang_seconds = 5;  // without a message, until a module may hang

std::uint64_t sum_of(std::uint64_t a, std::uint64_t b) { return a > largest - b ? largest : a + b; }

/// Returns how often something happened per second. nullopt: the time is unknown, or the counter began again.
std::optional<double> rate_of(std::uint64_t before, std::uint64_t now, double seconds) {
    if (seconds <= 0 || now < before) return std::nullopt;
    return static_cast<double>(now - before) / seconds;
}

std::optional<double> rate_of(const std::optional<std::uint64_t>& before, const std::optional<std::uint64_t>& now,
                              double seconds) {
    if (!before || !now) return std::nullopt;
    return rate_of(*before, *now, seconds);
}

std::uint64_t count_in(const Tally& tally, const std::string& name) {
    const auto found = tally.find(name);
    return found == tally.end() ? 0 : found->second;
}

std::uint64_t difference(std::uint64_t published, std::uint64_t received) {
    return published > received ? published - received : 0;
}

std::string state_of(char letter) {
    switch (letter) {
        case 'R': return "running";
        case 'S':
        case 'I': return "sleeping";
        case 'D': return "waiting";
        case 'T':
        case 't': return "stopped";
        case 'Z': return "zombie";
        case 'X': return "ended";
        default: return "?";
    }
}

void add_processes(ModuleRow& row, const std::vector<const ProcessSample*>& processes, const Sample* before,
                   double seconds) {
    std::string letters;
    double cpu = 0, busiest = 0, total = 0;
    for (const ProcessSample* process : processes) {
        letters += process->state;
        total += process->cpu_seconds;
        double earlier = 0;  // a process that has started since
        if (before != nullptr) {
            const auto was = before->processes.find(process->pid);
            if (was != before->processes.end() && was->second.started == process->started)
                earlier = was->second.cpu_seconds;
        }
        const double used = std::max(0.0, process->cpu_seconds - earlier);
        cpu += used;
        busiest = std::max(busiest, used);
        if (process->state == 'Z') continue;  // it has no memory
        const auto memory = process->pss ? process->pss : process->rss;
        if (!process->pss && process->rss) row.memory_is_rss = true;
        if (memory) row.memory = sum_of(row.memory.value_or(0), *memory);
    }
    row.processes = processes.size();
    // What is unusual first; a child that its parent never reaps, as Slips 0.9.6 leaves one, says nothing of its parent.
    for (const char letter : std::string("TtDRSIZ"))
        if (row.state.empty() && letters.find(letter) != std::string::npos) row.state = state_of(letter);
    row.is_alive =
        std::any_of(letters.begin(), letters.end(), [](char letter) { return letter != 'Z' && letter != 'X'; });
    if (processes.empty()) return;
    row.cpu_seconds = total;
    if (before == nullptr || !before->sees_processes || seconds <= 0) return;
    row.cpu = cpu / seconds;
    row.busiest = busiest / seconds;
}

void add_counts(ModuleRow& row, const ModuleCounts* before, const ModuleCounts& now) {
    const double seconds = before != nullptr ? now.time - before->time : 0;
    std::uint64_t received = 0, backlog = 0;
    for (const auto& [channel, count] : now.received) {
        ChannelRow line{.name = channel, .published = count_in(now.published, channel), .received = count};
        line.backlog = difference(line.published, line.received);
        if (before != nullptr && before->received.contains(channel)) {
            line.received_rate = rate_of(count_in(before->received, channel), count, seconds);
            const std::uint64_t was =
                difference(count_in(before->published, channel), count_in(before->received, channel));
            if (line.received_rate && seconds > 0)
                line.growth = (static_cast<double>(line.backlog) - static_cast<double>(was)) / seconds;
        }
        received = sum_of(received, count);
        backlog = sum_of(backlog, line.backlog);
        if (line.received_rate) row.received_rate = row.received_rate.value_or(0) + *line.received_rate;
        if (line.growth) row.growth = row.growth.value_or(0) + *line.growth;
        row.channels.push_back(std::move(line));
    }
    row.received = received;
    row.backlog = backlog;
    row.rate_seconds = seconds;
    std::stable_sort(row.channels.begin(), row.channels.end(),
                     [](const ChannelRow& a, const ChannelRow& b) { return a.backlog > b.backlog; });
}

/// Returns "1 second" or "10 seconds".
std::string seconds_text(double seconds) {
    const auto whole = std::max(1LL, std::llround(seconds));
    return std::to_string(whole) + (whole == 1 ? " second" : " seconds");
}

std::string per_second(double rate) { return grouped(static_cast<std::uint64_t>(std::llround(std::abs(rate)))); }

/// Returns why the user should look at the module; empty: nothing.
std::string alarm_of(const ModuleRow& row, const Report& report) {
    const std::uint64_t backlog = row.backlog.value_or(0);
    const double rate = row.received_rate.value_or(0), growth = row.growth.value_or(0);
    const bool is_behind = backlog >= notable_backlog && static_cast<double>(backlog) > notable_seconds * rate;
    const std::string behind = row.name + " is " + grouped(backlog) + " messages behind";
    if (row.state == "ended" && is_behind)
        return row.name + " has ended, and left " + grouped(backlog) + " messages unread";
    if (row.state == "stopped")
        return row.name + " is stopped by a signal (SIGCONT continues it)" +
               (is_behind ? ", and " + grouped(backlog) + " messages behind" : "");
    if (row.state == "zombie" && !report.has_ended && !row.is_alive)
        return row.name + " has ended, and its parent does not know it yet (a zombie)";
    if (is_behind && row.growth) {
        if (growth >= notable_growth) return behind + ", growing by " + per_second(growth) + " per second";
        if (growth <= -notable_growth)
            return behind + ", catching up by " + per_second(growth) + " per second: " +
                   grouped(static_cast<std::uint64_t>(std::ceil(static_cast<double>(backlog) / -growth))) +
                   " seconds are left";
        if (rate > 0) return behind + ", which neither grows nor shrinks";
        const std::string none = ", and received none in " + seconds_text(row.rate_seconds);
        return behind + none + (row.rate_seconds < hang_seconds ? "" : ": it hangs, or it subscribed after them");
    }
    if (row.busiest.value_or(0) >= whole_core && growth >= notable_growth)
        return (row.processes > 1 ? "a process of " : "") + row.name + " uses a whole core, and the backlog grows by " +
               per_second(growth) + " per second";
    return "";
}

/// Notes what this release does not store.
void add_limits(Report& report, const Sample& now) {
    if (!now.release) return;
    const auto lacks = [&](bool available, const std::string& what) {
        if (!available) report.notes.push_back("n/a in Slips " + report.version + ": " + what);
    };
    const RedisLayout& layout = now.release->redis;
    lacks(layout.published_counts, "messages, backlog and flows (counted since 1.1.1)");
    lacks(now.release->evidence.counted, "evidence (counted since 1.0.5)");
    lacks(layout.alert_count, "alerts (counted since 1.0.11)");
}

std::string version_of(const Sample& sample) { return sample.release ? sample.release->text : std::string(); }

}  // namespace

std::string plain_name(std::string_view name) {
    std::string plain;
    for (const char c : name)
        if (c != '_' && c != '-' && c != ' ') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return plain.empty() ? std::string(name) : plain;
}

std::string grouped(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string module_of_field(std::string_view field) {
    const std::size_t mark = field.rfind('#');
    if (mark == std::string_view::npos || mark == 0 || mark + 1 == field.size()) return std::string(field);
    const std::string_view copy = field.substr(mark + 1);
    const bool is_number = std::all_of(copy.begin(), copy.end(), [](char c) { return c >= '0' && c <= '9'; });
    return std::string(is_number ? field.substr(0, mark) : field);
}

std::optional<ModuleMetrics> parse_metrics(std::string_view text) {
    std::string why;
    const auto value = parse_json(text, why);
    if (!value || !value->is_object()) return std::nullopt;
    const auto as_count = [](const auto& number) -> std::optional<std::uint64_t> {
        if (!number.is_number_unsigned() && !(number.is_number_integer() && number.template get<long long>() >= 0))
            return std::nullopt;
        return number.template get<std::uint64_t>();
    };
    ModuleMetrics metrics;
    for (const auto& [key, group] : value->items()) {
        if (key == "evidence") {
            metrics.evidence = as_count(group);
            if (!metrics.evidence) return std::nullopt;
        }
        if (key != "counts" && key != "gauges") continue;  // of a newer SDK
        if (!group.is_object()) return std::nullopt;
        for (const auto& [name, number] : group.items()) {
            if (key == "gauges") {
                if (!number.is_number()) return std::nullopt;
                metrics.gauges[name] = number.template get<double>();
            } else if (const auto count = as_count(number)) {
                metrics.counts[name] = *count;
            } else {
                return std::nullopt;
            }
        }
    }
    return metrics;
}

void add_metrics(ModuleMetrics& to, const ModuleMetrics& from) {
    if (from.evidence) to.evidence = sum_of(to.evidence.value_or(0), *from.evidence);
    for (const auto& [name, count] : from.counts) to.counts[name] = sum_of(to.counts[name], count);
    for (const auto& [name, value] : from.gauges) to.gauges[name] += value;
}

std::string stored_in(const Report& report, const std::string& name) {
    const auto found = report.analysis.find(name);
    return found == report.analysis.end() ? std::string() : found->second;
}

std::map<std::int64_t, std::string> owners_of(const Sample& sample) {
    std::map<std::int64_t, std::string> roots, owners;
    for (const auto& [name, pid] : sample.pids)
        if (!sample.threads.contains(pid)) roots.emplace(pid, plain_name(name));
    for (const auto& [name, pids] : sample.found)
        for (const std::int64_t pid : pids) roots.emplace(pid, plain_name(name));
    for (const auto& [pid, process] : sample.processes) {
        if (pid == sample.redis.pid) continue;  // Slips has started it
        std::int64_t at = pid;
        for (int depth = 0; depth < 64; ++depth) {  // parents may form a cycle: they are not read at one moment
            const auto root = roots.find(at);
            if (root != roots.end()) {
                owners[pid] = root->second;
                break;
            }
            const auto here = sample.processes.find(at);
            if (here == sample.processes.end()) break;
            at = here->second.parent;
        }
    }
    return owners;
}

Report report_of(const Sample* before, const Sample& now) {
    if (before != nullptr && (!before->is_running || before->started != now.started))
        before = nullptr;  // another Slips
    const double seconds = before != nullptr ? now.time - before->time : 0;
    Report report{.unix_time = now.unix_time,
                  .is_running = now.is_running,
                  .has_ended = now.has_ended,
                  .version = version_of(now),
                  .analysis = now.analysis,
                  .started = now.started,
                  .flows = now.flows,
                  .evidence = now.evidence,
                  .alerts = now.alerts,
                  .profiles = now.profiles,
                  .windows = now.windows,
                  .published = now.published,
                  .redis = now.redis,
                  .notes = now.notes};
    if (before != nullptr) {
        if (const auto rate = rate_of(before->flows, now.flows, seconds)) report.flows_per_minute = *rate * 60;
        report.evidence_rate = rate_of(before->evidence, now.evidence, seconds);
        report.redis_command_rate = rate_of(before->redis.commands, now.redis.commands, seconds);
        if (before->redis.cpu_seconds && now.redis.cpu_seconds && *now.redis.cpu_seconds >= *before->redis.cpu_seconds)
            report.redis_cpu = (*now.redis.cpu_seconds - *before->redis.cpu_seconds) / seconds;
    }
    add_limits(report, now);
    if (now.unrated > 0)
        report.notes.push_back("rates of " + std::to_string(now.unrated) +
                               " modules are missing: modules are read in turns, to burden Redis less");
    if (!now.is_running) return report;

    const std::string main(now.release ? now.release->redis.pid_field : std::string_view("main"));
    std::map<std::string, std::vector<const ProcessSample*>> processes;
    for (const auto& [pid, owner] : owners_of(now)) processes[owner].push_back(&now.processes.at(pid));
    std::map<std::string, ModuleRow> rows;  // by plain name
    const auto row = [&](const std::string& name) -> ModuleRow& {
        ModuleRow& found = rows[plain_name(name)];
        if (found.name.empty()) found.name = name;
        return found;
    };
    for (const auto& [name, pid] : now.pids) {
        if (now.threads.contains(pid)) continue;
        row(name).is_slips = name == main;
    }
    for (const auto& [name, pids] : now.found)
        if (!pids.empty()) row(name);
    for (const auto& [name, counts] : now.modules) {
        const auto was = now.earlier.find(name);
        add_counts(row(name), was == now.earlier.end() ? nullptr : &was->second, counts);
    }
    for (const auto& [name, metrics] : now.metrics) {
        ModuleRow& owner = row(name);
        owner.metrics = metrics;
        if (before == nullptr) continue;
        if (const auto was = before->metrics.find(name); was != before->metrics.end())
            owner.evidence_rate = rate_of(was->second.evidence, metrics.evidence, seconds);
    }
    std::set<std::string> gone, runs;
    for (const auto& [name, pid] : now.pids)
        (now.sees_processes && !now.processes.contains(pid) ? gone : runs).insert(plain_name(name));
    if (now.clients)
        for (const auto& [name, ports] : *now.clients) runs.insert(plain_name(name));
    const auto has_ended = [&](const std::string& plain) {
        return !runs.contains(plain) && (now.clients || gone.contains(plain));
    };
    for (auto& [plain, line] : rows) {
        if (now.sees_processes) add_processes(line, processes[plain], before, seconds);
        if (line.state.empty()) line.state = has_ended(plain) ? "ended" : "?";
        line.alarm = alarm_of(line, report);
        report.modules.push_back(std::move(line));
    }
    if (std::any_of(report.modules.begin(), report.modules.end(), [](const ModuleRow& r) { return r.memory_is_rss; }))
        report.notes.push_back("memory with * is RSS: only Slips' user and root may read its PSS");
    sort_rows(report.modules, SortKey::backlog);
    return report;
}

void sort_rows(std::vector<ModuleRow>& rows, SortKey key) {
    const auto value = [key](const ModuleRow& row) -> double {
        const auto known = [](const auto& amount) { return amount ? static_cast<double>(*amount) : -1.0; };
        switch (key) {
            case SortKey::name: return 0;
            case SortKey::cpu: return known(row.cpu);
            case SortKey::memory: return known(row.memory);
            case SortKey::received: return known(row.received_rate);
            case SortKey::backlog: return known(row.backlog) + (row.alarm.empty() ? 0 : 1e18);
            case SortKey::evidence: return known(row.evidence_rate);
        }
        return 0;
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const ModuleRow& a, const ModuleRow& b) {
        if (a.is_slips != b.is_slips) return a.is_slips;
        const double first = value(a), second = value(b);
        if (first != second) return first > second;
        return plain_name(a.name) < plain_name(b.name);
    });
}

}  // namespace slipsdev
