// The command line of every module.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slips/generation.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/impl/redis/tls.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/share.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The options of a module, from its command line and the environment.
struct Options {
    std::string redis_host{"127.0.0.1"};     ///< --redis-host: Slips' main Redis
    std::optional<int> redis_port{};         ///< --redis-port; nullopt: port of Slips in --slips-dir, or 6379
    std::string redis_socket{};              ///< --redis-socket; empty: host and port apply
    int redis_db = 0;                        ///< --redis-db, 0..65535
    std::string redis_user{};                ///< SLIPS_REDIS_USER
    std::string redis_password{};            ///< from a file or the environment, since argv is public
    bool redis_tls = false;                  ///< --redis-tls: TCP connections are encrypted, also those to the cache
    std::string redis_ca{};                  ///< --redis-ca, a file; empty: the system's certificates
    int cache_port = 6379;                   ///< --cache-port
    std::string cache_socket{};              ///< --cache-socket; empty: the port applies
    std::optional<Generation> generation{};  ///< --generation; nullopt: detected
    bool managed = false;         ///< --managed: started by the launcher, which is connected to standard input
    std::string slips_dir{};      ///< --slips-dir; empty: not given
    std::string slips_version{};  ///< --slips-version; empty: detected
    std::string config{};         ///< --config, a file; empty: not given
    std::string output{};         ///< --output, a folder; empty: Slips' output folder
    int verbose = 1;              ///< --verbose, 0..3
    int debug = 0;                ///< --debug, 0..3
    std::string stats{};          ///< --stats, a file; empty: none; see stats_file()
    Share share{};                ///< --share: the part of the profiles that this process handles
    std::string user{};           ///< --user, the user that root becomes; empty: not given
    /// --registered-types: the module's own evidence types that are registered with Slips.
    std::set<std::string, std::less<>> registered_types{};
    std::optional<double> stop_timeout{};  ///< --stop-timeout, seconds
    bool strict = false;                   ///< --strict: an exception in a handler stops the module
    bool allow_untested = false;  ///< --allow-untested: set evidence although Slips is newer than its known formats
    bool register_pid = false;    ///< --register: legacy, register in PIDs, reply on finished_modules
    bool describe = false;        ///< --describe: print the module's description and exit
    bool version = false;         ///< --version: print the versions of the module and of the SDK, and exit
    bool help = false;            ///< --help: print help_text() and exit
    /// What encrypted connections trust, by --redis-ca; null without --redis-tls.
    std::shared_ptr<const redis::Tls> tls{};

    /// Returns the file of --stats: each process of a module that runs as several has its own, FILE.2 for --share 2/4.
    std::string stats_file() const {
        return stats.empty() || share.is_whole() ? stats : stats + "." + std::to_string(share.index);
    }
};

/// Exit statuses of every module.
enum class Exit : int {
    stopped = 0,        ///< stopped on request
    module_failed = 1,  ///< init() or pre_main() returned false or threw; with --strict, its code threw
    usage = 2,          ///< invalid command line
    environment = 3,    ///< --stats, privileges, Redis rejects the password…
    redis_gone = 4,     ///< the connection to Redis was lost for good
    evidence_lost = 5   ///< stopped, but accepted evidence could not be stored in time
};

/// Fills `options` from argv and the environment. Returns false and sets `error` if an argument is invalid.
bool parse_options(const std::vector<std::string>& arguments, Options& options, std::string& error);

/// Returns the text of --help.
std::string help_text(std::string_view program, std::string_view name, std::string_view description);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

struct Option {
    std::string_view name;
    std::string_view value;  ///< name of its value; empty if it takes none
    std::string_view help;
    bool (*set)(Options& options, std::string_view value, std::string& expected);
};

template <class Number>
bool read_number(std::string_view text, Number least, Number most, Number& out) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return false;
    out = value;
    return true;
}

inline bool read_port(std::string_view text, int& out, std::string& expected) {
    expected = "a port, 1..65535";
    return read_number(text, 1, 65535, out);
}

inline bool read_level(std::string_view text, int& out, std::string& expected) {
    expected = "a level, 0..3";
    return read_number(text, 0, 3, out);
}

template <std::string Options::*Member>
bool read_text(Options& options, std::string_view text, std::string& expected) {
    expected = "a non-empty text";
    options.*Member = text;
    return !text.empty();
}

template <bool Options::*Member>
bool read_flag(Options& options, std::string_view, std::string&) {
    return options.*Member = true;
}

/// Removes the password from the environment, which processes of the same user can read in /proc and programs started by
/// the module inherit.
inline void forget_password_in_environment() {
    constexpr const char* name = "SLIPS_REDIS_PASSWORD";
    if (char* const password = std::getenv(name)) std::fill_n(password, std::strlen(password), '\0');
    ::unsetenv(name);
}

/// Reads the password from a file or pipe.
inline bool read_password(const std::string& path, std::string& out) {
    std::ifstream file(path, std::ios::binary);
    constexpr std::string_view inherited =
        "/dev/fd/";  // the launcher's pipe; the module's child processes must not inherit it
    if (int fd = 0; path.starts_with(inherited) &&
                    std::from_chars(path.data() + inherited.size(), path.data() + path.size(), fd).ec == std::errc{})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    std::string text(64 * 1024, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    out = password_in(text);
    return !out.empty();
}

inline const auto& option_table() {
    static constexpr std::array table{
        Option{"--redis-host", "HOST", "Slips' Redis (127.0.0.1)",
               [](Options& o, std::string_view v, std::string& e) {
                   if (!read_text<&Options::redis_host>(o, v, e)) return false;
                   if (v.find_first_of(" \t\r\n") != std::string_view::npos) {
                       e = "a name or an address without blanks, such as 127.0.0.1";
                       return false;
                   }
                   if (const std::size_t colon = v.find(':');
                       colon != std::string_view::npos &&
                       v.find_first_not_of("0123456789", colon + 1) == std::string_view::npos) {
                       e = "a name or an address without a port; write --redis-host " +
                           std::string(v.substr(0, colon)) + " --redis-port " + std::string(v.substr(colon + 1));
                       return false;
                   }
                   e = v.find('/') != std::string_view::npos
                           ? "a name or an address, such as 127.0.0.1; the port belongs to --redis-port, a path to "
                             "--redis-socket"
                           : "a name or an address without brackets, such as ::1";
                   return v.find_first_of("/[]") == std::string_view::npos;
               }},
        Option{"--redis-port", "PORT", "its port (from --slips-dir, else 6379)",
               [](Options& o, std::string_view v, std::string& e) { return read_port(v, o.redis_port.emplace(), e); }},
        Option{"--redis-socket", "PATH", "its Unix socket, instead of host and port",
               read_text<&Options::redis_socket>},
        Option{"--redis-db", "N", "its database (0)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a database, 0..65535";
                   return read_number(v, 0, 65535, o.redis_db);
               }},
        Option{"--redis-password-file", "FILE",
               "with the password, also as requirepass; or set SLIPS_REDIS_PASSWORD, SLIPS_REDIS_USER",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a file with a password in it";
                   return read_password(std::string(v), o.redis_password);
               }},
        Option{"--redis-tls", "", "encrypt the TCP connections to Slips' Redis and its cache (docs/redis.md)",
               read_flag<&Options::redis_tls>},
        Option{"--redis-ca", "FILE", "with --redis-tls: the certificates of the CAs to trust (the system's)",
               read_text<&Options::redis_ca>},
        Option{"--cache-port", "PORT", "the port of Slips' cache (6379)",
               [](Options& o, std::string_view v, std::string& e) { return read_port(v, o.cache_port, e); }},
        Option{"--cache-socket", "PATH", "the cache's Unix socket", read_text<&Options::cache_socket>},
        Option{"--generation", "current|legacy", "generation of Slips (default: detected)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "current or legacy";
                   o.generation = parse_generation(v);
                   return o.generation.has_value();
               }},
        Option{"--managed", "", "reserved for Slips' launcher", read_flag<&Options::managed>},
        Option{"--slips-dir", "DIR", "Slips' folder, to find the port, version and configuration of the running Slips",
               read_text<&Options::slips_dir>},
        Option{"--slips-version", "VERSION", "version of Slips (default: detected)",
               read_text<&Options::slips_version>},
        Option{"--config", "FILE",
               "the file given to Slips with -c, read before init() (default: found with --slips-dir)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a file that can be read";
                   o.config = v;
                   FileProblem problem;
                   return static_cast<bool>(open_regular({o.config, {}, FollowLinks::all}, O_RDONLY, problem));
               }},
        Option{"--registered-types", "A,B", "the module's own evidence types that are registered with Slips",
               [](Options& o, std::string_view v, std::string&) {
                   while (!v.empty()) {
                       const std::size_t comma = v.find(',');
                       if (const auto type = v.substr(0, comma); !type.empty()) o.registered_types.emplace(type);
                       v = comma == std::string_view::npos ? std::string_view() : v.substr(comma + 1);
                   }
                   return true;
               }},
        Option{"--output", "DIR", "create the module's folder here, not in Slips'; do not write Slips' log files",
               read_text<&Options::output>},
        Option{"--verbose", "0..3", "print text up to this level (1)",
               [](Options& o, std::string_view v, std::string& e) { return read_level(v, o.verbose, e); }},
        Option{"--debug", "0..3", "print errors and warnings up to this level (0)",
               [](Options& o, std::string_view v, std::string& e) { return read_level(v, o.debug, e); }},
        Option{"--stats", "FILE", "write counters to this regular file as JSON when the module stops",
               read_text<&Options::stats>},
        Option{"--share", "I/N", "handle the Ith of N parts of the profiles (1/1); --stats FILE becomes FILE.I",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "the number of this process and how many there are, such as 2/4: 1/1 to " +
                       std::to_string(Share::most) + "/" + std::to_string(Share::most);
                   const std::size_t slash = v.find('/');
                   return slash != std::string_view::npos &&
                          read_number(v.substr(slash + 1), 1, Share::most, o.share.count) &&
                          read_number(v.substr(0, slash), 1, o.share.count, o.share.index);
               }},
        Option{"--strict", "", "stop at the first exception of a handler, hook, timer or posted function",
               read_flag<&Options::strict>},
        Option{"--allow-untested", "", "set evidence even if Slips' major or minor version is newer than tested",
               read_flag<&Options::allow_untested>},
        Option{"--user", "NAME", "switch to this user if started as root", read_text<&Options::user>},
        Option{"--register", "", "legacy: register in Slips' PIDs, reply on finished_modules",
               read_flag<&Options::register_pid>},
        Option{"--stop-timeout", "SECONDS", "time limit for stopping (15; legacy 3)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "whole seconds, 0..3600";
                   int seconds = 0;
                   if (!read_number(v, 0, 3600, seconds)) return false;
                   o.stop_timeout = seconds;
                   return true;
               }},
        Option{"--describe", "", "print the module's description as JSON and exit", read_flag<&Options::describe>},
        Option{"--version", "", "print the versions of the module and of the SDK, and exit",
               read_flag<&Options::version>},
        Option{"--help", "", "print this text and exit", read_flag<&Options::help>},
    };
    return table;
}

}  // namespace detail

inline bool parse_options(const std::vector<std::string>& arguments, Options& options, std::string& error) {
    if (const char* user = std::getenv("SLIPS_REDIS_USER")) options.redis_user = user;
    if (const char* password = std::getenv("SLIPS_REDIS_PASSWORD")) options.redis_password = password;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
        const std::string_view name = argument.substr(0, equals);
        const detail::Option* option = nullptr;
        for (const detail::Option& known : detail::option_table())
            if (known.name == name) option = &known;
        if (!option) {
            error = "unknown argument '" + std::string(argument) + "'; --help lists them";
            return false;
        }
        std::string_view value;
        if (!option->value.empty()) {
            if (equals != std::string_view::npos) value = argument.substr(equals + 1);
            else if (++i < arguments.size()) value = arguments[i];
            else {
                error = std::string(name) + " needs a value: " + std::string(option->value);
                return false;
            }
        } else if (equals != std::string_view::npos) {
            error = std::string(name) + " takes no value";
            return false;
        }
        std::string expected;
        if (!option->set(options, value, expected)) {
            error = std::string(name) + ": '" + std::string(value) + "' is not " + expected;
            return false;
        }
    }
    if (!options.redis_ca.empty() && !options.redis_tls) {
        error = "--redis-ca has a meaning with --redis-tls only; add it";
        return false;
    }
    if (options.redis_tls && !(options.tls = redis::Tls::trusting(options.redis_ca, error))) return false;
    if (options.managed && options.register_pid) {
        error = "--register is for a module started by hand; with --managed the launcher replies to Slips";
        return false;
    }
    if (options.register_pid && !options.share.is_whole()) {
        error = "--register is for a module of one process: with --share, Slips would take the first that ends for all";
        return false;
    }
    if (options.managed && !options.config.empty()) {
        error = "--config is for a module started by hand; with --managed the launcher provides it";
        return false;
    }
    return true;
}

inline std::string help_text(std::string_view program, std::string_view name, std::string_view description) {
    std::string text;
    const auto add = [&text](auto... parts) { (text.append(parts), ...); };
    add(name, ": ", description, "\n\nA Slips module. usage: ", program, " [option]…\n\n");
    for (const detail::Option& option : detail::option_table()) {
        constexpr std::size_t column = 30;
        const std::size_t begin = text.size();
        add("  ", option.name, option.value.empty() ? "" : " ", option.value, "  ");
        text.resize(std::max(text.size(), begin + column), ' ');
        add(option.help, "\n");
    }
    add("\nexit status: 0 stopped on request, 1 the module failed, 2 invalid usage, 3 it cannot start (--stats, "
        "privileges,\n"
        "refused by Redis), 4 Redis is gone, 5 evidence could not be stored\n");
    return text;
}

}  // namespace slips::inline SLIPS_SDK_ABI
