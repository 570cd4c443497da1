// Finds the Slips instance to connect to, and its password, version and generation.
#pragma once

#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/impl/program/options.hpp"
#include "slips/impl/program/slips_folder.hpp"
#include "slips/impl/redis/probe.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns the password for Redis: the given one, else that of Slips in --slips-dir, else empty. `problem`: why Slips'
/// password cannot be read.
inline std::string password_of(const Options& options, std::string* problem = nullptr) {
    if (!options.redis_password.empty() || options.slips_dir.empty()) return options.redis_password;
    std::string why;
    const auto password = SlipsFolder(options.slips_dir).password(why, options.config);
    if (problem) *problem = why;
    return password.value_or(std::string());
}

/// Returns the user of Redis' ACL; empty with Slips' own password, which is the default user's.
inline std::string user_of(const Options& options) {
    return options.redis_password.empty() && !password_of(options).empty() ? std::string() : options.redis_user;
}

/// Sets the port of the Slips instance running in --slips-dir, unless the command line specifies Redis. If that fails,
/// returns the exit status and sets `problem`; returns nullopt to continue.
inline std::optional<Exit> find_slips(Options& options, std::string& problem) {
    if (options.redis_port || !options.redis_socket.empty()) return std::nullopt;
    if (options.slips_dir.empty() || options.managed) {
        options.redis_port = 6379;
        return std::nullopt;
    }
    const auto state_of = [&](const SlipsRun& run) {
        using Life = SlipsFolder::Life;
        const auto listeners = redis::count_listeners({options.redis_host, run.port, {}, options.tls}, "evidence_added",
                                                      user_of(options), password_of(options));
        return !listeners ? Life::gone : *listeners > 0 ? Life::slips : Life::redis;
    };
    bool ambiguous = false;
    const SlipsFolder folder(options.slips_dir);
    const auto run = folder.choose_run(state_of, problem, ambiguous);
    if (!run && !ambiguous && options.redis_tls && !folder.runs().empty())
        problem = "no Redis server that Slips lists in " + options.slips_dir +
                  " speaks TLS: its list has the ports without; set the TLS ports with --redis-port and --cache-port";
    if (!run) return ambiguous ? Exit::usage : Exit::environment;
    options.redis_port = run->port;
    return std::nullopt;
}

inline SessionSettings settings_of(std::string_view module, const Options& options) {
    SessionSettings settings;
    settings.module = module;
    settings.registered = options.registered_types;
    settings.generation = options.generation;
    settings.slips_version = options.slips_version;
    if (!options.slips_dir.empty()) {
        const SlipsFolder folder(options.slips_dir);
        if (!settings.generation) settings.generation = folder.generation();
        if (settings.slips_version.empty()) settings.slips_version = folder.version();
    }
    settings.user = user_of(options);
    settings.password = password_of(options);
    settings.database = options.redis_db;
    settings.standalone = !options.managed;
    settings.register_pid = options.register_pid;
    settings.pid = ::getpid();
    settings.share = options.share;
    settings.strict = options.strict;
    settings.allow_untested = options.allow_untested;
    return settings;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
