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
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slips/generation.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a module was told when it was started.
struct Options {
    std::string redis_host{"127.0.0.1"};     ///< --redis-host: Slips' main Redis
    std::optional<int> redis_port{};  ///< not told: where --slips-dir says Slips is, or 6379
    std::string redis_socket{};              ///< --redis-socket; empty: host and port count
    int redis_db = 0;                        ///< --redis-db, 0..65535
    std::string redis_user{};      ///< SLIPS_REDIS_USER
    std::string redis_password{};  ///< from a file or the environment: argv is for everyone to read
    int cache_port = 6379;                   ///< --cache-port
    std::string cache_socket{};              ///< --cache-socket; empty: the port counts
    std::optional<Generation> generation{};  ///< --generation; nothing: found out
    bool managed = false;  ///< started by the launcher, which standard input leads to
    std::string slips_dir{};                 ///< --slips-dir; empty: not told
    std::string slips_version{};             ///< --slips-version; empty: found out
    std::string config{};                    ///< --config, a file; empty: not told
    std::string output{};                    ///< --output, a folder; empty: Slips' own
    int verbose = 1;                         ///< --verbose, 0..3
    int debug = 0;                           ///< --debug, 0..3
    std::string stats{};                     ///< --stats, a file; empty: none is written
    std::string user{};                      ///< --user, whom root becomes; empty: not told
    /// --registered-types: evidence types of the module's own that Slips knows.
    std::set<std::string, std::less<>> registered_types{};
    std::optional<double> stop_timeout{};  ///< seconds
    bool strict = false;                   ///< --strict: a handler that throws ends the module
    bool allow_untested = false;           ///< --allow-untested: set evidence in a Slips too new for its form to be known
    bool register_pid = false;             ///< --register: legacy, appear in PIDs, answer finished_modules
    bool describe = false;                 ///< --describe: print what the module is, and end
    bool version = false;                  ///< --version: print the SDK's, and end
    bool help = false;                     ///< --help: print help_text(), and end
};

/// Exit statuses of every module.
enum class Exit : int {
    stopped = 0,        ///< as it was asked to
    module_failed = 1,  ///< init() or pre_main() returned false or threw; with --strict, a handler threw
    usage = 2,          ///< the command line cannot be understood
    environment = 3,    ///< --stats, privileges, a Redis that refuses the password…
    redis_gone = 4,     ///< Redis went away and did not come back
    evidence_lost = 5   ///< stopped, but accepted evidence could not be stored in time
};

/// Fills `options` from argv and the environment. False: `error` says which argument, and what would be right.
bool parse_options(const std::vector<std::string>& arguments, Options& options, std::string& error);

/// What --help prints.
std::string help_text(std::string_view program, std::string_view name, std::string_view description);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

struct Option {
    std::string_view name;
    std::string_view value;  ///< what it takes; empty: nothing
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
    expected = "a text that is not empty";
    options.*Member = text;
    return !text.empty();
}

template <bool Options::*Member>
bool read_flag(Options& options, std::string_view, std::string&) {
    return options.*Member = true;
}

/// Takes the password out of the environment, which is for others of our account to read, also in /proc, and for every
/// program that the module may start.
inline void forget_password_in_environment() {
    constexpr const char* name = "SLIPS_REDIS_PASSWORD";
    if (char* const password = std::getenv(name)) std::fill_n(password, std::strlen(password), '\0');
    ::unsetenv(name);
}

/// The password in a file, or in what a pipe delivers.
inline bool read_password(const std::string& path, std::string& out) {
    std::ifstream file(path, std::ios::binary);
    constexpr std::string_view inherited = "/dev/fd/"; // a pipe of the launcher's, not for programs that the module starts
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
        Option{"--redis-host", "HOST", "Slips' Redis (127.0.0.1)", read_text<&Options::redis_host>},
        Option{"--redis-port", "PORT", "its port (what --slips-dir tells, else 6379)",
               [](Options& o, std::string_view v, std::string& e) { return read_port(v, o.redis_port.emplace(), e); }},
        Option{"--redis-socket", "PATH", "its Unix socket, instead of host and port", read_text<&Options::redis_socket>},
        Option{"--redis-db", "N", "its database (0)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a database, 0..65535";
                   return read_number(v, 0, 65535, o.redis_db);
               }},
        Option{"--redis-password-file", "FILE", "holds the password, also as requirepass; or set SLIPS_REDIS_PASSWORD, SLIPS_REDIS_USER",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a file with a password in it";
                   return read_password(std::string(v), o.redis_password);
               }},
        Option{"--cache-port", "PORT", "the port of Slips' cache (6379)",
               [](Options& o, std::string_view v, std::string& e) { return read_port(v, o.cache_port, e); }},
        Option{"--cache-socket", "PATH", "the cache's Unix socket", read_text<&Options::cache_socket>},
        Option{"--generation", "current|legacy", "which Slips this is; found out when not given",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "current or legacy";
                   o.generation = parse_generation(v);
                   return o.generation.has_value();
               }},
        Option{"--managed", "", "started by Slips through the launcher; for the launcher only", read_flag<&Options::managed>},
        Option{"--slips-dir", "DIR", "Slips' own folder: tells the port of the Slips that runs, and the generation",
               read_text<&Options::slips_dir>},
        Option{"--slips-version", "VERSION", "of Slips; found out when not given", read_text<&Options::slips_version>},
        Option{"--config", "FILE", "what Slips was configured with, its -c (found with --slips-dir, where it is in its place)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "a file that can be read";
                   o.config = v;
                   FileProblem problem;
                   return static_cast<bool>(open_regular({o.config, {}, FollowLinks::all}, O_RDONLY, problem));
               }},
        Option{"--registered-types", "A,B", "evidence types of the module's own that Slips knows",
               [](Options& o, std::string_view v, std::string&) {
                   while (!v.empty()) {
                       const std::size_t comma = v.find(',');
                       if (const auto type = v.substr(0, comma); !type.empty()) o.registered_types.emplace(type);
                       v = comma == std::string_view::npos ? std::string_view() : v.substr(comma + 1);
                   }
                   return true;
               }},
        Option{"--output", "DIR", "the module's files go into a folder of its name within, not to Slips' (log files neither)",
               read_text<&Options::output>},
        Option{"--verbose", "0..3", "print what has this level or a lower one (1)",
               [](Options& o, std::string_view v, std::string& e) { return read_level(v, o.verbose, e); }},
        Option{"--debug", "0..3", "the same for errors and warnings (0)",
               [](Options& o, std::string_view v, std::string& e) { return read_level(v, o.debug, e); }},
        Option{"--stats", "FILE", "write counters to this regular file, as JSON, when stopped", read_text<&Options::stats>},
        Option{"--strict", "", "stop when a handler throws", read_flag<&Options::strict>},
        Option{"--allow-untested", "", "set evidence also where Slips' major or minor version is newer than tested",
               read_flag<&Options::allow_untested>},
        Option{"--user", "NAME", "become this user when started as root", read_text<&Options::user>},
        Option{"--register", "", "legacy: appear in Slips' PIDs, answer on finished_modules", read_flag<&Options::register_pid>},
        Option{"--stop-timeout", "SECONDS", "how long stopping may take (15; legacy 3)",
               [](Options& o, std::string_view v, std::string& e) {
                   e = "whole seconds, 0..3600";
                   int seconds = 0;
                   if (!read_number(v, 0, 3600, seconds)) return false;
                   o.stop_timeout = seconds;
                   return true;
               }},
        Option{"--describe", "", "print what this module is, as JSON, and end", read_flag<&Options::describe>},
        Option{"--version", "", "print the SDK's version, and end", read_flag<&Options::version>},
        Option{"--help", "", "print this, and end", read_flag<&Options::help>},
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
    if (options.managed && options.register_pid) {
        error = "--register is for a module started by hand; with --managed its launcher answers Slips";
        return false;
    }
    if (options.managed && !options.config.empty()) {
        error = "--config is for a module started by hand; with --managed its launcher tells it";
        return false;
    }
    return true;
}

inline std::string help_text(std::string_view program, std::string_view name, std::string_view description) {
    std::string text = std::string(name) + ": " + std::string(description) + "\n\nA module of Slips. usage: " +
                       std::string(program) + " [option]…\n\n";
    for (const detail::Option& option : detail::option_table()) {
        std::string left = "  " + std::string(option.name);
        if (!option.value.empty()) left += " " + std::string(option.value);
        if (left.size() < 30) left.resize(30, ' ');
        else left += "  ";
        text += left + std::string(option.help) + "\n";
    }
    return text +
           "\nexit status: 0 stopped as asked, 1 the module failed, 2 wrong usage, 3 --stats, privileges or Redis'\n"
           "password, 4 Redis is gone, 5 evidence could not be stored\n";
}

}  // namespace slips::inline SLIPS_SDK_ABI
