// Stands in for Slips: two servers, the messages it publishes, and what a module stored.
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
#include "slipsdev/releases/release.hpp"

namespace integration {

using Json = nlohmann::json;

/// The generation. Not the SDK's own type: the tests see what Slips sees, and include no header of the SDK.
enum class Slips { current, legacy, unknown };

inline constexpr const char* version = "1.1.21";

/// The values of a flow that tests choose.
struct Flow {
    std::string uid{};
    std::string saddr{"192.168.1.12"};
    std::string daddr{"192.168.1.18"};
    int dport = 80;
    std::string appproto{};  ///< the test modules use it as threat level
    std::string state{"SF"};
    double time = 1700000000.5;
    int window = 1;

    std::string profile() const { return "profile_" + saddr; }
    std::string key() const { return profile() + "_timewindow" + std::to_string(window); }
};

/// Returns the message that Slips publishes on new_flow.
std::string current_flow(const Flow& flow, const std::string& stamp = version);
std::string legacy_flow(const Flow& flow);

/// A running module.
class ModuleProcess : public ChildProcess {
public:
    ModuleProcess(const Launch& launch) : ChildProcess(launch), out_(launch.out), err_(launch.err) {}

    std::string out() const { return read_file(out_); }
    std::string err() const { return read_file(err_); }
    /// Waits until the module has printed the text. Returns false if it did not in time.
    bool says(std::string_view text) {
        return eventually(
            [&] { return out().find(text) != std::string::npos || err().find(text) != std::string::npos; });
    }

private:
    std::string out_;
    std::string err_;
};

/// Returns how often `what` occurs in `text`.
std::size_t count(std::string_view text, std::string_view what);

/// Returns the command that runs a module of modules/: one program, which the first argument selects from; others link
/// slips::yaml and slips::tls (their modules end with "_with_tls"), if those are available.
std::vector<std::string> module_command(const std::string& module);

class Host {
public:
    struct Settings {
        Slips slips = Slips::current;  ///< the form of messages
        ServerSettings servers{};
        std::string release{};  ///< of Slips; empty: 1.1.21, or that of June 2022
    };
    explicit Host(Slips slips) : Host(Settings{slips, {}, {}}) {}
    explicit Host(const Settings& settings);

    TemporaryFolder folder{};
    std::vector<gid_t> module_groups{};  ///< supplementary groups modules start with, instead of ours
    std::string module_folder;           ///< working directory of modules: files in it afterwards are theirs
    RedisServer main;
    RedisServer cache;
    Client db;        ///< of the main server
    Client cache_db;  ///< of the cache, database 1

    /// Return the arguments that give a module the servers.
    std::vector<std::string> over_sockets() const;
    std::vector<std::string> over_tcp() const;

    /// Starts a module with exactly these arguments.
    ModuleProcess start(const std::string& module, std::vector<std::string> arguments,
                        std::map<std::string, std::string> environment = {}, bool without_input = false);

    /// Starts a module over the sockets, with --stats and these arguments, and waits until it has subscribed to the channel
    /// and is connected to the cache.
    ModuleProcess start_hearing(const std::string& module, const std::vector<std::string>& arguments = {},
                                const std::map<std::string, std::string>& environment = {},
                                const std::string& channel = "new_flow");

    /// Returns the file of --stats.
    Json stats() const { return Json::parse(read_file(stats_file())); }
    std::string stats_file() const { return folder / "stats.json"; }

    /// Writes the flow's profile and time window, as Slips does before it publishes the flow.
    void know(const Flow& flow);
    void publish(const std::string& channel, const std::string& text) { db.command({"PUBLISH", channel, text}); }
    void publish(const Flow& flow) { publish("new_flow", payload(flow)); }
    std::string payload(const Flow& flow) const {
        if (slips_ == Slips::legacy) return legacy_flow(flow);
        return current_flow(flow, release_.is_before({1, 1, 20}) ? "" : release_.text);
    }
    long long listeners(const std::string& channel);

    /// Kills the main server, starts it again, and connects db.
    void restart_main();

    /// Writes the keys that Slips writes before it starts modules.
    void introduce();
    bool wait_for_listener(const std::string& channel) {
        return eventually([&] { return listeners(channel) > 0; });
    }

    /// Returns the evidence of a time window: id → object. Before 0.9.2: description → object.
    std::map<std::string, Json> evidence(const Flow& flow);

    /// Returns how much evidence is stored in all time windows.
    std::size_t stored();

private:
    bool has_hashes() const { return !release_.is_before({1, 0, 11}); }  ///< for evidence

    Slips slips_;
    slipsdev::Release release_;
    int started_ = 0;
};

/// Sends SIGTERM, and waits.
std::optional<Ending> stop(ModuleProcess& module);

}  // namespace integration
