#include "host.hpp"

#include <csignal>
#include <cstdlib>
#include <sstream>

namespace integration {

std::string current_flow(const Flow& flow, const std::string& stamp) {
    Json json = {{"profileid", flow.profile()},
                 {"twid", "timewindow" + std::to_string(flow.window)},
                 {"flow",
                  {{"interface", "default"},
                   {"starttime", flow.time},
                   {"uid", flow.uid},
                   {"saddr", flow.saddr},
                   {"daddr", flow.daddr},
                   {"dur", 3.5},
                   {"proto", "tcp"},
                   {"appproto", flow.appproto},
                   {"sport", 40001},
                   {"dport", flow.dport},
                   {"spkts", 12},
                   {"dpkts", 10},
                   {"sbytes", 5000},
                   {"dbytes", 6000},
                   {"state", flow.state},
                   {"history", "ShAdDaFf"},
                   {"type_", "conn"},
                   {"dir_", "->"}}},
                 {"stime", flow.time},
                 {"interpreted_state", "Established"},
                 {"label", "benign"},
                 {"module_labels", Json::object()}};
    if (!stamp.empty()) json["version"] = stamp;
    return json.dump();
}

std::string legacy_flow(const Flow& flow) {
    // By hand: Slips writes a blank after each colon, by which the SDK recognizes it.
    const Json inner = {{"ts", flow.time},        {"dur", 3.05},
                        {"saddr", flow.saddr},    {"sport", 40001},
                        {"daddr", flow.daddr},    {"dport", flow.dport},
                        {"proto", "tcp"},         {"origstate", flow.state},
                        {"state", "Established"}, {"pkts", 228},
                        {"allbytes", 448},        {"spkts", 4},
                        {"sbytes", 224},          {"appproto", flow.appproto},
                        {"label", "normal"},      {"flow_type", "conn"}};
    const std::string wrapped = "{\"" + flow.uid + "\": " + Json(inner.dump()).dump() + "}";
    return "{\"profileid\": \"" + flow.profile() + "\", \"twid\": \"timewindow" + std::to_string(flow.window) +
           "\", \"flow\": " + Json(wrapped).dump() + ", \"stime\": " + Json(flow.time).dump() + "}";
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
        ++found;
    return found;
}

std::vector<std::string> module_command(const std::string& module) {
#ifdef SLIPS_TEST_CONFIGURED_WITH_YAML
    if (module == "configured_with_yaml") return {SLIPS_TEST_CONFIGURED_WITH_YAML};
#endif
    std::vector<std::string> command;
#ifdef SLIPS_TEST_MODULES_WITH_TLS
    constexpr std::string_view with_tls = "_with_tls";
    if (module.ends_with(with_tls))
        return {SLIPS_TEST_MODULES_WITH_TLS, module.substr(0, module.size() - with_tls.size())};
#endif
    if (const char* const under = std::getenv("SLIPS_TEST_UNDER")) {  // for example valgrind and its options
        std::istringstream words(under);
        for (std::string word; words >> word;) command.push_back(word);
    }
    command.insert(command.end(), {SLIPS_TEST_MODULES, module});
    return command;
}

Host::Host(const Settings& settings)
    : module_folder(folder.make_folder("modules")), main(folder, "main", settings.servers),
      cache(folder, "cache", {.tcp = settings.servers.tcp, .more = settings.servers.more}), db(main.client()),
      cache_db(cache.client()), slips_(settings.slips),
      release_(slipsdev::release_named(!settings.release.empty()         ? settings.release
                                       : settings.slips == Slips::legacy ? "0.9.1"
                                                                         : version)
                   .value()) {
    cache_db.command({"SELECT", "1"});
    introduce();
}

void Host::introduce() {
    if (slips_ == Slips::unknown || release_.is_before({0, 9, 5})) return;
    db.command({"HSET", "analysis", "slips_version", release_.text, "input_type", "file"});
}

std::vector<std::string> Host::over_sockets() const {
    std::vector<std::string> arguments{"--redis-socket", main.socket(), "--cache-socket", cache.socket()};
    // as the launcher does: Slips before 0.9.5 does not store its version
    if (slips_ == Slips::legacy) arguments.insert(arguments.end(), {"--slips-version", release_.text});
    return arguments;
}

std::vector<std::string> Host::over_tcp() const { return {"--redis-port", main.port(), "--cache-port", cache.port()}; }

ModuleProcess Host::start(const std::string& module, std::vector<std::string> arguments,
                          std::map<std::string, std::string> environment, bool without_input) {
    Launch launch;
    launch.arguments = module_command(module);
    launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
    launch.environment = std::move(environment);
    launch.folder = module_folder;
    launch.without_input = without_input;
    launch.groups = module_groups;
    const std::string name = module + std::to_string(++started_);
    launch.out = folder / (name + ".out");
    launch.err = folder / (name + ".err");
    return ModuleProcess(launch);
}

ModuleProcess Host::start_hearing(const std::string& module, const std::vector<std::string>& arguments,
                                  const std::map<std::string, std::string>& environment, const std::string& channel) {
    const auto clients_of_cache = [&] { return count(cache_db.text({"CLIENT", "LIST"}), "\n"); };
    const long long listeners_before = listeners(channel);
    const std::size_t clients_before = clients_of_cache();
    std::vector<std::string> all = over_sockets();
    all.insert(all.end(), {"--stats", stats_file()});
    all.insert(all.end(), arguments.begin(), arguments.end());
    ModuleProcess process = start(module, all, environment);
    const auto ready = [&] { return listeners(channel) > listeners_before && clients_of_cache() > clients_before; };
    if (!eventually([&] { return ready() || !process.runs(); }) || !process.runs())
        throw std::runtime_error(module + " has not subscribed to " + channel + ": " + process.out() + process.err());
    return process;
}

void Host::know(const Flow& flow) {
    const std::string window = "timewindow" + std::to_string(flow.window);
    const std::string time = Json(flow.time).dump();
    if (release_.is_before({1, 1, 18})) db.command({"SADD", "profiles", flow.profile()});
    else db.command({"ZADD", "profiles", time, flow.profile()});
    if (slips_ == Slips::legacy) db.command({"ZADD", "tws" + flow.profile(), time, window});
}

long long Host::listeners(const std::string& channel) {
    const Reply reply = db.command({"PUBSUB", "NUMSUB", channel});
    return reply.items.size() == 2 ? reply.items[1].integer : 0;
}

void Host::restart_main() {
    main.kill();
    main.start();
    db = main.client();
    introduce();
}

std::map<std::string, Json> Host::evidence(const Flow& flow) {
    std::map<std::string, Json> found;
    if (!has_hashes()) {
        const std::string text = db.text({"HGET", flow.key(), "Evidence"});
        if (text.empty()) return found;
        const Json held = Json::parse(text);
        for (const auto& [description, evidence] : held.items())
            found[description] = Json::parse(evidence.get<std::string>());
    } else {
        for (const auto& [id, evidence] : db.pairs({"HGETALL", flow.key() + "_evidence"}))
            found[id] = Json::parse(evidence);
    }
    return found;
}

std::size_t Host::stored() {
    std::size_t sum = 0;
    if (!has_hashes()) {
        for (const std::string& key : db.texts({"KEYS", "profile_*_timewindow*"}))
            if (const std::string text = db.text({"HGET", key, "Evidence"}); !text.empty())
                sum += Json::parse(text).size();
    } else {
        for (const std::string& key : db.texts({"KEYS", "profile_*_evidence"}))
            sum += static_cast<std::size_t>(db.integer({"HLEN", key}));
    }
    return sum;
}

std::optional<Ending> stop(ModuleProcess& module) {
    module.signal(SIGTERM);
    return module.wait();
}

}  // namespace integration
