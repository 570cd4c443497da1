#include "slipsdev/watch/sampler.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"
#include "slipsdev/watch/report.hpp"

namespace slipsdev {
namespace {

constexpr double quiet_interval = 2;  // seconds
constexpr std::string_view counts_suffix = "_msgs_received_at_runtime";
constexpr std::string_view metrics_key = "slips_sdk_metrics";
constexpr std::chrono::seconds patience{2};  // the screen does not react meanwhile

double monotonic_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Calls `visit` with each field and value of a hash. Other replies have none.
template <class Visit>
void for_each_field(const Reply& reply, Visit&& visit) {
    for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) visit(reply.items[i].text, reply.items[i + 1].text);
}

std::optional<std::uint64_t> count_of(const Reply& reply) {
    if (reply.kind == Reply::Kind::integer && reply.integer >= 0) return static_cast<std::uint64_t>(reply.integer);
    const auto number = reply.is_text() ? python_int(reply.text) : std::nullopt;
    return number && *number >= 0 ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

Tally tally_of(const Reply& reply) {
    Tally tally;
    for_each_field(reply, [&](const std::string& name, const std::string& text) {
        const auto number = python_int(text);
        if (number && *number >= 0) tally[name] = static_cast<std::uint64_t>(*number);
    });
    return tally;
}

/// Returns the release whose version Slips has stored. Its text has no blanks around it: 1.1.1 stores a line feed.
std::optional<Release> release_in(const std::map<std::string, std::string>& analysis) {
    const auto stored = analysis.find("slips_version");
    if (stored == analysis.end()) return std::nullopt;
    auto release = release_named(stored->second);
    if (release) {
        release->text.erase(0, release->text.find_first_not_of(" \t\r\n"));
        release->text.erase(release->text.find_last_not_of(" \t\r\n") + 1);
    }
    return release;
}

/// Returns when Slips has started: seconds since the epoch.
std::optional<double> start_in(const Reply& stored, const std::map<std::string, std::string>& analysis) {
    if (const auto seconds = stored.is_text() ? python_float(stored.text) : std::nullopt) return *seconds;
    const auto text = analysis.find("analysis_start");
    for (const char* form :
         {"%Y/%m/%d %H:%M:%S.%f%z", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"}) {
        std::optional<Micros> moment;
        if (stored.is_text()) moment = micros_from_text(stored.text, form);
        if (!moment && text != analysis.end()) moment = micros_from_text(text->second, form);
        if (moment) return static_cast<double>(*moment) / 1e6;
    }
    return std::nullopt;
}

}  // namespace

RedisSample parse_info(std::string_view text) {
    std::map<std::string_view, std::string_view> fields;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) fields[line.substr(0, colon)] = line.substr(colon + 1);
    }
    const auto count = [&](std::string_view name) -> std::optional<std::uint64_t> {
        const auto number = fields.contains(name) ? python_int(fields.at(name)) : std::nullopt;
        return number && *number >= 0 ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*number))
                                      : std::nullopt;
    };
    const auto seconds = [&](std::string_view name) {
        return fields.contains(name) ? python_float(fields.at(name)) : std::nullopt;
    };
    RedisSample redis;
    if (fields.contains("redis_version")) redis.version = std::string(fields.at("redis_version"));
    redis.pid = static_cast<std::int64_t>(count("process_id").value_or(0));
    redis.commands = count("total_commands_processed");
    if (const auto user = seconds("used_cpu_user"), system = seconds("used_cpu_sys"); user && system)
        redis.cpu_seconds = *user + *system;
    redis.memory = count("used_memory");
    redis.clients = count("connected_clients");
    redis.dropped = count("client_output_buffer_limit_disconnections");
    return redis;
}

ClientPorts parse_clients(std::string_view text) {
    ClientPorts ports;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        const auto value = [line](std::string_view key) {
            const std::size_t found = line.find(key);
            if (found == std::string_view::npos) return std::string_view();
            const std::string_view rest = line.substr(found + key.size());
            return rest.substr(0, rest.find(' '));
        };
        const std::string_view name = value(" name="), address = value(" addr=");
        if (name.empty()) continue;
        const auto port = python_int(address.substr(address.rfind(':') + 1));
        ports[std::string(name)].insert(port && *port > 0 && *port <= 65535 ? static_cast<int>(*port) : 0);
    }
    return ports;
}

Sample Sampler::take() try {
    if (!client_) {
        const Endpoint endpoint = endpoint_at(place_);
        where_ = name_of(endpoint);
        client_.emplace(connect_to(endpoint));
        client_->set_patience(patience);
    }
    const double time = monotonic_seconds();
    const bool runs = last_ && last_->is_running && !last_->has_ended;
    return runs ? sample_all(time) : sample_quietly(time);
} catch (const RedisError& error) {
    const bool was_connected = client_.has_value();  // else the error names the place
    client_.reset();
    last_.reset();
    forget();
    if (!was_connected) throw;
    throw RedisError("Redis at " + where_ + " is gone (" + error.what() + ")");
}

void Sampler::forget() {
    history_.clear();
    times_read_.clear();
}

/// Sends one command, if its time has come: Slips may be about to start. Takes a whole sample if Slips runs.
Sample Sampler::sample_quietly(double time) {
    if (last_ && time - asked_ < quiet_interval) return *last_;
    asked_ = time;
    const Reply pids = replies_to({RedisClient::Command{"HGETALL", "PIDs"}}).front();
    if (pids.error())
        throw EnvironmentError("the Redis at " + where_ + " does not return Slips' PIDs: " + pids.text +
                               "; WRONGTYPE: this is not the Redis of Slips, NOPERM: its user lacks rights");
    if (pids.items.empty()) {
        Sample sample;
        sample.time = time;
        sample.unix_time = static_cast<double>(now()) / 1e6;
        forget();
        last_ = sample;
        return sample;
    }
    if (last_ && last_->is_running) {  // it had ended
        std::map<std::string, std::int64_t> now_there;
        for_each_field(pids, [&](const std::string& name, const std::string& text) {
            now_there[name] = python_int(text).value_or(0);
        });
        if (now_there == last_->pids) return *last_;
        forget();
    }
    return sample_all(time);
}

Sample Sampler::sample_all(double time) {
    Sample sample;
    sample.time = time;
    sample.unix_time = static_cast<double>(now()) / 1e6;
    read_state(sample);
    if (sample.is_running) {
        read_counts(sample);
        read_processes(sample);
    }
    last_ = sample;
    return sample;
}

/// Sends all commands at once. Returns their replies, errors included.
std::vector<Reply> Sampler::replies_to(const std::vector<RedisClient::Command>& commands) {
    for (const RedisClient::Command& command : commands) client_->append(command);
    std::vector<Reply> replies;
    for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(client_->next_reply());
    return replies;
}

void Sampler::read_state(Sample& sample) {
    const auto replies = replies_to(
        {{"HGETALL", "analysis"},
         {"HGETALL", "PIDs"},
         {"HGETALL", "msgs_published_at_runtime"},
         {"MGET", "number_of_evidence", "number_of_alerts", "processed_flows_by_profiler_so_far", "slips_start_time"},
         {"HGETALL", metrics_key},
         {"CLIENT", "LIST"},
         {"INFO"}});
    for_each_field(replies[0], [&](const std::string& name, const std::string& text) { sample.analysis[name] = text; });
    std::size_t garbage = 0;
    for_each_field(replies[1], [&](const std::string& name, const std::string& text) {
        const auto pid = python_int(text);
        if (pid && *pid > 0) sample.pids[name] = *pid;
        else ++garbage;
    });
    if (garbage > 0) sample.notes.push_back("PIDs has " + std::to_string(garbage) + " values that are no numbers");
    sample.is_running = !replies[1].items.empty();
    sample.release = release_in(sample.analysis);
    const bool counts_messages = sample.release ? sample.release->redis.published_counts : !replies[2].items.empty();
    if (counts_messages) sample.published = tally_of(replies[2]);
    const auto& numbers = replies[3].items;
    if (numbers.size() == 4) {
        const auto from = [](const Reply& number, bool is_counted) {  // the key is created by the first one
            const auto count = count_of(number);
            return !count && is_counted ? std::optional<std::uint64_t>(0) : count;
        };
        sample.evidence = from(numbers[0], sample.release && sample.release->evidence.counted);
        sample.alerts = from(numbers[1], sample.release && sample.release->redis.alert_count);
        sample.flows = count_of(numbers[2]);
        sample.started = start_in(numbers[3], sample.analysis);
    }
    // Before 1.1.17, and in slipsdev play
    if (!sample.flows && sample.published) {
        const auto flows = sample.published->find("new_flow");
        sample.flows = flows == sample.published->end() ? 0 : flows->second;
    }
    std::size_t invalid = 0;
    for_each_field(replies[4], [&](const std::string& field, const std::string& text) {
        const auto metrics = parse_metrics(text);
        if (metrics) add_metrics(sample.metrics[module_of_field(field)], *metrics);
        else ++invalid;
    });
    if (replies[4].error() || invalid > 0)
        sample.notes.push_back(std::string(metrics_key) +
                               (replies[4].error() ? " is not a hash: ignored"
                                                   : " has " + std::to_string(invalid) +
                                                         " fields that are not metrics of a module: ignored"));
    if (replies[5].error()) sample.notes.push_back("Redis denies CLIENT LIST: modules started by hand are not found");
    else sample.clients = parse_clients(replies[5].text);
    sample.redis = parse_info(replies[6].text);
}

/// Reads the counters of the modules, at most those of most_modules, and the number of profiles.
void Sampler::read_counts(Sample& sample) {
    std::vector<std::string> turn;
    if (sample.published) {
        std::set<std::string> names;
        if (sample.clients)
            for (const auto& [name, ports] : *sample.clients) names.insert(name);
        for (const auto& [name, pid] : sample.pids) names.insert(name);
        for (const auto& [name, metrics] : sample.metrics) names.insert(name);
        for (const auto& [name, history] : history_) names.insert(name);  // one that has ended
        turn.assign(names.begin(), names.end());
    }
    std::map<std::string, std::size_t> times_read;
    for (const std::string& name : turn) times_read[name] = times_read_[name];
    times_read_ = std::move(times_read);
    if (turn.size() > most_modules) {
        next_module_ %= turn.size();
        std::rotate(turn.begin(), turn.begin() + static_cast<std::ptrdiff_t>(next_module_), turn.end());
        next_module_ += most_modules;
        turn.resize(most_modules);
    }
    std::vector<std::string> keys;
    for (const std::string& name : turn) keys.push_back(name + std::string(counts_suffix));
    std::vector<RedisClient::Command> commands;
    for (const std::string& key : keys) commands.push_back({"HGETALL", key});
    if (sample.release) {
        commands.push_back({sample.release->redis.sorted_profiles ? "ZCARD" : "SCARD", "profiles"});
        commands.push_back({"ZCARD", sample.release->redis.windows});
    }
    const auto replies = replies_to(commands);
    if (sample.release) {
        sample.profiles = count_of(replies[turn.size()]);
        sample.windows = count_of(replies[turn.size() + 1]);
    }
    for (std::size_t i = 0; i < turn.size(); ++i) {
        ++times_read_[turn[i]];
        if (replies[i].items.empty()) {
            history_.erase(turn[i]);
            continue;
        }
        std::deque<ModuleCounts>& history = history_[turn[i]];
        ModuleCounts counts{.time = sample.time, .received = tally_of(replies[i]), .published = {}};
        for (const auto& [channel, count] : counts.received) {
            const auto published = sample.published->find(channel);
            if (published != sample.published->end()) counts.published[channel] = published->second;
        }
        const auto fell = [&](const auto& before) {  // Slips has started again
            const auto now = counts.received.find(before.first);
            return now == counts.received.end() || now->second < before.second;
        };
        if (!history.empty() && std::any_of(history.back().received.begin(), history.back().received.end(), fell))
            history.clear();
        history.push_back(std::move(counts));
        while (history.size() > 2 && sample.time - history[1].time >= rate_seconds) history.pop_front();
    }
    if (times_read_.size() > most_modules)
        for (const auto& [name, times] : times_read_) {
            sample.unread += times < 1 ? 1u : 0u;
            sample.unrated += times < 2 ? 1u : 0u;
        }
    for (const auto& [name, history] : history_) {
        sample.modules[name] = history.back();
        if (history.size() > 1) sample.earlier[name] = history.front();
    }
}

void Sampler::read_processes(Sample& sample) {
    if (!ProcessReader::is_available()) {
        sample.notes.push_back("n/a on this system: CPU and memory of modules, which are read from /proc");
        return;
    }
    sample.processes = processes_.all();
    const auto redis = sample.processes.find(sample.redis.pid);
    if (redis == sample.processes.end() || (redis->second.program.find("redis") == std::string::npos &&
                                            redis->second.program.find("valkey") == std::string::npos)) {
        sample.processes.clear();
        sample.notes.push_back("n/a: CPU and memory, because Slips' processes are not visible from here");
        return;
    }
    sample.sees_processes = true;
    for (const auto& [name, pid] : sample.pids) {
        if (sample.processes.contains(pid)) continue;
        if (const auto process = ProcessReader::process_of_thread(pid)) sample.threads[pid] = *process;
    }
    // Modules that Slips has not started: by the name of the program. One that has no connection here has ended, or runs
    // beside another Slips.
    std::set<std::string> unknown;
    if (sample.clients)
        for (const auto& [name, ports] : *sample.clients) unknown.insert(name);
    else
        for (const auto& [name, counts] : sample.modules) unknown.insert(name);
    for (const auto& [name, pid] : sample.pids)
        if (sample.processes.contains(pid)) unknown.erase(name);
    constexpr std::size_t longest_program = 15;  // in /proc/PID/stat
    std::map<std::string, std::string> by_program;
    for (const std::string& name : unknown) by_program[name.substr(0, longest_program)] = name;
    for (const auto& [pid, process] : sample.processes) {
        const auto module = by_program.find(process.program);
        if (module == by_program.end()) continue;
        if (module->second.size() > longest_program && ProcessReader::program_called(pid) != module->second) continue;
        // the same module may also run beside another Slips
        if (!sample.clients || ProcessReader::may_be_connected_from(pid, sample.clients->at(module->second)))
            sample.found[module->second].push_back(pid);
    }
    for (const auto& [pid, owner] : owners_of(sample)) processes_.add_pss(sample.processes.at(pid), sample.time);
    if (!sample.release || sample.release->redis.pid_field.empty()) return;
    const auto main = sample.pids.find(std::string(sample.release->redis.pid_field));
    if (main == sample.pids.end()) return;
    const auto process = sample.processes.find(main->second);
    sample.has_ended = process == sample.processes.end() || process->second.state == 'Z';
}

}  // namespace slipsdev
