// Reads Slips' folder: version, generation, password, and the list of running instances.
//
// Mirrors managers/redis_manager.py of Slips 1.1.21 (running_slips_info.txt) and slips.py of Slips 0.9
// (used_redis_servers.txt).
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/generation.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// One run of Slips, as listed in Slips' folder.
struct SlipsRun {
    int port = 0;                ///< of its main Redis
    std::string input{};         ///< file or interface
    std::string output{};        ///< its output folder, relative to Slips' folder; empty if not listed
    std::int64_t slips_pid = 0;  ///< 0 if not listed
};

/// Slips' installation folder.
class SlipsFolder {
public:
    /// Does not read the folder yet; it need not exist.
    explicit SlipsFolder(std::filesystem::path path) : path_(std::move(path)) {}

    /// Returns whether the folder contains VERSION or slips.py.
    bool is_slips() const;
    /// Returns the generation by the version; legacy if it is unknown; nullopt if it is not a Slips folder.
    std::optional<Generation> generation() const;
    /// Returns Slips' version: of the file VERSION, before 1.0.3 of slips.py; empty if it is unknown.
    std::string version() const;

    /// Returns the file in which Slips stores the password of its Redis servers (1.1.24 and later): redis_auth.conf in the
    /// folder parameters.permanent_dir of its configuration. `config`: the file given to Slips with -c; empty: the default.
    std::filesystem::path password_file(const std::filesystem::path& config = {}) const;
    /// Returns the password in that file. Returns nullopt if there is none, or sets `problem` if it cannot be read.
    std::optional<std::string> password(std::string& problem, const std::filesystem::path& config = {}) const;

    /// Returns the listed runs, oldest first; they may have ended.
    std::vector<SlipsRun> runs() const;

    /// Parses running_slips_info.txt: CSV without quotes. A comma in the input's name shifts the columns, so they are
    /// counted from the right.
    static std::vector<SlipsRun> read_running_slips_info(std::string_view text);
    /// Parses used_redis_servers.txt: columns separated by two or more blanks.
    static std::vector<SlipsRun> read_used_redis_servers(std::string_view text);

    /// The state of a run: nothing answers on its port, only Redis does, or Slips is subscribed to that Redis.
    enum class Life { gone, redis, slips };

    /// Returns the only live run. Otherwise returns nullopt, sets `problem` to one line with the reason and the remedy, and
    /// `ambiguous` to whether there are several.
    template <class LifeOf>
    std::optional<SlipsRun> choose_run(LifeOf&& life_of, std::string& problem, bool& ambiguous) const;

private:
    static std::string first_line(const std::filesystem::path& file);
    static std::string contents(const std::filesystem::path& file);

    std::filesystem::path path_;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Calls `call(line)` for each line except header lines.
template <class Function>
void each_entry(std::string_view text, Function&& call) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && line.front() != '#' && !line.starts_with("Date")) call(line);
    }
}

/// Returns the content of a file of at most 1 MiB. Otherwise returns nullopt and sets `problem`, which is empty if the file
/// does not exist. Does not block on a pipe or read an endless file, since others may write to the folder.
inline std::optional<std::string> read_small_file(const Place& place, std::string& problem) {
    constexpr std::size_t most = 1024 * 1024;
    problem.clear();
    FileProblem why;
    const OwnFd file = open_regular(place, O_RDONLY, why);
    std::string text;
    ssize_t count = file ? 1 : -1;
    for (char bytes[16 * 1024]; count > 0 && text.size() <= most;) {
        count = ::read(file.get(), bytes, sizeof bytes);
        if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
        if (count < 0) why = FileProblem(errno);
    }
    if (count >= 0 && text.size() <= most) return text;
    if (count >= 0) problem = "it is larger than a megabyte";
    else if (why.error == EACCES) problem = "permission denied";
    else if (why.error != ENOENT && why.error != ENOTDIR) problem = why.text;
    return std::nullopt;
}

inline std::optional<std::string> read_small_file(const std::filesystem::path& file, std::string& problem) {
    return read_small_file(Place{file.string(), {}, FollowLinks::all}, problem);
}

inline std::int64_t whole_number(const std::string& text, std::int64_t most) {
    const auto number = parse_python_float(text);
    return number && *number >= 1 && *number <= static_cast<double>(most) ? static_cast<std::int64_t>(*number) : 0;
}

}  // namespace detail

inline std::vector<SlipsRun> SlipsFolder::read_running_slips_info(std::string_view text) {
    // Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Slips PID, Is Daemon, Save the DB
    const bool has_pid =
        text.find("Slips PID") != std::string_view::npos || text.find("Used port") == std::string_view::npos;
    const std::size_t columns = has_pid ? 9 : 8;               // Slips PID comes with 0.9.5
    const std::size_t port = columns - 3, logs = columns - 6;  // counted from the right, as slips_pid
    constexpr std::size_t slips_pid = 2;
    std::vector<SlipsRun> runs;
    detail::each_entry(text, [&](std::string_view line) {
        std::vector<std::string> words;
        for (std::size_t begin = 0; begin <= line.size();) {
            const std::size_t comma = std::min(line.find(',', begin), line.size());
            words.emplace_back(detail::trimmed(line.substr(begin, comma - begin)));
            begin = comma + 1;
        }
        if (words.size() < columns) return;
        const auto right = [&](std::size_t i) -> const std::string& { return words[words.size() - 1 - i]; };
        SlipsRun run;
        run.port = static_cast<int>(detail::whole_number(right(port), 65535));
        run.output = right(logs);
        if (has_pid) run.slips_pid = detail::whole_number(right(slips_pid), INT32_MAX);
        for (std::size_t i = 1; i < words.size() - 1 - port; ++i) run.input += (i > 1 ? "," : "") + words[i];
        if (run.port != 0) runs.push_back(std::move(run));
    });
    return runs;
}

inline std::vector<SlipsRun> SlipsFolder::read_used_redis_servers(std::string_view text) {
    // date    file or interface    port    pid of the server
    std::vector<SlipsRun> runs;
    detail::each_entry(text, [&](std::string_view line) {
        std::vector<std::string> words;
        while (!line.empty()) {
            const std::size_t gap = line.find("  ");
            if (const auto word = detail::trimmed(line.substr(0, gap)); !word.empty()) words.emplace_back(word);
            line = gap == std::string_view::npos ? std::string_view() : line.substr(gap + 2);
        }
        if (words.size() < 3) return;
        SlipsRun run;
        run.port = static_cast<int>(detail::whole_number(words[words.size() - 2], 65535));
        if (words.size() > 3) run.input = words[words.size() - 3];
        if (run.port != 0) runs.push_back(std::move(run));
    });
    return runs;
}

template <class LifeOf>
std::optional<SlipsRun> SlipsFolder::choose_run(LifeOf&& life_of, std::string& problem, bool& ambiguous) const {
    ambiguous = false;
    if (!is_slips()) {
        problem = path_.string() + " is not Slips' folder: it contains neither VERSION nor slips.py";
        return std::nullopt;
    }
    std::vector<SlipsRun> alive[2];  // with only Redis, with Slips
    const std::vector<SlipsRun> all = runs();
    for (auto run = all.rbegin(); run != all.rend(); ++run) {
        // the last line for a port counts: legacy does not remove old ones
        if (std::any_of(all.rbegin(), run, [&](const SlipsRun& later) { return later.port == run->port; })) continue;
        if (const Life life = life_of(*run); life != Life::gone) alive[life == Life::slips].push_back(*run);
    }
    const std::vector<SlipsRun>& found = alive[1].empty() ? alive[0] : alive[1];
    if (found.size() == 1) return found.front();
    if (found.empty()) {
        problem = "Slips is not running in " + path_.string() +
                  ", according to its list of Redis servers; start Slips first, "
                  "or set --redis-port";
        return std::nullopt;
    }
    ambiguous = true;
    problem = std::to_string(found.size()) + " instances of Slips may be running in " + path_.string() + ":";
    for (const SlipsRun& run : found)
        problem += (&run == &found.front() ? " port " : ", port ") + std::to_string(run.port) + " (" + run.input + ")";
    problem += "; choose one with --redis-port";
    return std::nullopt;
}

inline std::string SlipsFolder::first_line(const std::filesystem::path& file) {
    const std::string text = contents(file);
    return std::string(detail::trimmed(std::string_view(text).substr(0, text.find('\n'))));
}

inline std::string SlipsFolder::contents(const std::filesystem::path& file) {
    std::string ignored;
    return detail::read_small_file(file, ignored).value_or(std::string());
}

inline std::filesystem::path SlipsFolder::password_file(const std::filesystem::path& config) const {
    const std::string text = contents(config.empty() ? path_ / "config" / "slips.yaml" : config);
    std::string_view folder;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        constexpr std::string_view key = "permanent_dir:";
        std::string_view line = detail::trimmed(std::string_view(text).substr(begin, end - begin));
        begin = end + 1;
        if (!line.starts_with(key)) continue;
        line.remove_prefix(key.size());
        folder = detail::trimmed(line.substr(0, line.find(" #")));
        if (folder.size() >= 2 && (folder.front() == '"' || folder.front() == '\'') && folder.front() == folder.back())
            folder = folder.substr(1, folder.size() - 2);
    }
    return path_ / (folder.empty() ? "permanent" : folder) / "redis_auth.conf";
}

inline std::optional<std::string> SlipsFolder::password(std::string& problem,
                                                        const std::filesystem::path& config) const {
    const std::filesystem::path file = password_file(config);
    // The password is sent to a Redis server that others may have named, so root does not follow links to files of its own
    const detail::Place place = ::geteuid() == 0 ? detail::Place{file.filename().string(), file.parent_path().string()}
                                                 : detail::Place{file.string(), {}, detail::FollowLinks::all};
    const auto text = detail::read_small_file(place, problem);
    if (text) return password_in(*text);
    if (!problem.empty()) problem = "cannot read Redis' password in " + file.string() + ": " + problem;
    return std::nullopt;
}

inline bool SlipsFolder::is_slips() const {
    std::error_code ignored;
    return std::filesystem::exists(path_ / "VERSION", ignored) || std::filesystem::exists(path_ / "slips.py", ignored);
}

inline std::string SlipsFolder::version() const {
    if (std::string version = first_line(path_ / "VERSION"); detail::parse_release(version))
        return std::string(detail::trimmed_version(version));
    const std::string program = contents(path_ / "slips.py");  // a line such as version = '0.9.6'
    for (const char* quote : {"'", "\""}) {
        const std::string start = std::string("\nversion = ") + quote;
        const std::size_t at = program.find(start);
        if (at == std::string::npos) continue;
        const std::size_t begin = at + start.size();
        const std::string_view version = std::string_view(program).substr(begin, program.find(quote, begin) - begin);
        if (detail::parse_release(version)) return std::string(version);
    }
    return {};
}

inline std::optional<Generation> SlipsFolder::generation() const {
    if (const auto release = detail::parse_release(version())) return detail::dialect_of(*release).generation;
    return is_slips() ? std::optional(Generation::legacy) : std::nullopt;
}

inline std::vector<SlipsRun> SlipsFolder::runs() const {
    std::error_code ignored;
    const auto list = path_ / "running_slips_info.txt";  // from 0.9.2 on
    if (std::filesystem::exists(list, ignored)) return read_running_slips_info(contents(list));
    return read_used_redis_servers(contents(path_ / "used_redis_servers.txt"));
}

}  // namespace slips::inline SLIPS_SDK_ABI
