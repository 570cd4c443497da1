// Slips, as far as a module can tell: two servers, what it publishes, and what a module left in them.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processes.hpp"
#include "redis_client.hpp"
#include "redis_server.hpp"

namespace integration {

using Json = nlohmann::json;

/// Of the two generations. Not the SDK's own type: the tests see what Slips sees, and no header of the SDK.
enum class Slips { current, legacy, unknown };

inline constexpr const char* version = "1.1.21";

/// One flow, as a test thinks of it.
struct Flow {
    std::string uid{};
    std::string saddr{"192.168.1.12"};
    std::string daddr{"192.168.1.18"};
    int dport = 80;
    std::string appproto{};  ///< the modules take a threat level from here
    std::string state{"SF"};
    double time = 1700000000.5;
    int window = 1;

    std::string profile() const { return "profile_" + saddr; }
    std::string key() const { return profile() + "_timewindow" + std::to_string(window); }
};

/// What Slips publishes on new_flow.
std::string current_flow(const Flow& flow, const std::string& stamp = version);
std::string legacy_flow(const Flow& flow);

/// A module that runs.
class ModuleProcess : public ChildProcess {
public:
    ModuleProcess(const Launch& launch) : ChildProcess(launch), out_(launch.out), err_(launch.err) {}

    std::string out() const { return read_file(out_); }
    std::string err() const { return read_file(err_); }
    bool says(std::string_view text) {
        return eventually(
            [&] { return out().find(text) != std::string::npos || err().find(text) != std::string::npos; });
    }

private:
    std::string out_;
    std::string err_;
};

/// How often `what` stands in `text`.
std::size_t count(std::string_view text, std::string_view what);

/// The programs of modules/: all in one, told apart by the first argument; and one that links slips::yaml, where that is.
std::vector<std::string> module_command(const std::string& module);

class Host {
public:
    struct Settings {
        Slips slips = Slips::current;
        ServerSettings servers{};
    };
    explicit Host(Slips slips) : Host(Settings{slips, {}}) {}
    explicit Host(const Settings& settings);

    TemporaryFolder folder{};
    std::vector<gid_t> module_groups{};  ///< supplementary groups modules start with, instead of ours
    std::string module_folder;  ///< where modules run: what is in it afterwards they have left behind
    RedisServer main;
    RedisServer cache;
    Client db;        ///< of the main one
    Client cache_db;  ///< of the cache's database 1

    /// Where the servers are, as a module is told.
    std::vector<std::string> over_sockets() const;
    std::vector<std::string> over_tcp() const;

    /// Starts a module with these arguments and no others.
    ModuleProcess start(const std::string& module, std::vector<std::string> arguments,
                        std::map<std::string, std::string> environment = {}, bool without_input = false);

    /// Starts a module over the sockets, with --stats and these arguments, and waits until it hears the channel
    /// and is connected to the cache.
    ModuleProcess start_hearing(const std::string& module, const std::vector<std::string>& arguments = {},
                                const std::map<std::string, std::string>& environment = {},
                                const std::string& channel = "new_flow");

    /// What --stats wrote.
    Json stats() const { return Json::parse(read_file(stats_file())); }
    std::string stats_file() const { return folder / "stats.json"; }

    /// Lets Slips know the flow's profile and window, as it does before it publishes the flow.
    void know(const Flow& flow);
    void publish(const std::string& channel, const std::string& text) { db.command({"PUBLISH", channel, text}); }
    void publish(const Flow& flow) { publish("new_flow", payload(flow)); }
    std::string payload(const Flow& flow) const {
        return slips_ == Slips::legacy ? legacy_flow(flow) : current_flow(flow);
    }
    long long listeners(const std::string& channel);

    /// Kills the main server and starts it again; db is connected to the new one.
    void restart_main();

    /// Writes what Slips writes before it starts its modules.
    void introduce();
    bool wait_for_listener(const std::string& channel) {
        return eventually([&] { return listeners(channel) > 0; });
    }

    /// Evidence of a window. Current: id → object. Legacy: description → object.
    std::map<std::string, Json> evidence(const Flow& flow);

    /// The same of every window there is.
    std::size_t stored();

private:
    Slips slips_;
    int started_ = 0;
};

/// SIGTERM, and waits.
std::optional<Ending> stop(ModuleProcess& module);

}  // namespace integration
