#include "slipsdev/releases/detection.hpp"

#include <slips/impl/program/slips_folder.hpp>

namespace slipsdev {
namespace {

std::string contents(const std::filesystem::path& file) {
    std::string ignored;
    return slips::detail::read_small_file(file, ignored).value_or(std::string());
}

/// Returns the text without blanks around it. Slips 1.1.1 stores its version with a line feed.
std::string trimmed(const std::string& text) {
    constexpr const char* blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Returns the value of `version = '0.9.3'` at the beginning of a line.
std::string version_in_program(const std::string& program) {
    for (std::size_t at = 0, end; at < program.size(); at = end + 1) {
        end = std::min(program.find('\n', at), program.size());
        std::string line = program.substr(at, end - at);
        if (!line.starts_with("version")) continue;
        line = trimmed(line.substr(7));
        if (!line.starts_with('=')) continue;
        line = trimmed(line.substr(1));
        if (line.size() < 2 || (line.front() != '\'' && line.front() != '"')) continue;
        return line.substr(1, line.find(line.front(), 1) - 1);
    }
    return "";
}

}  // namespace

std::optional<Detected> version_in_folder(const std::filesystem::path& folder) {
    const std::string text = contents(folder / "VERSION");
    const std::string stored = trimmed(text.substr(0, text.find('\n')));
    if (read_version(stored)) return Detected{stored, "VERSION in its folder"};
    const std::string written = version_in_program(contents(folder / "slips.py"));
    if (read_version(written)) return Detected{written, "slips.py in its folder"};
    return std::nullopt;
}

std::optional<Detected> version_in_redis(RedisClient& redis) {
    const Reply reply = redis.command({"HGET", "analysis", "slips_version"});
    const std::string version = reply.is_text() ? trimmed(reply.text) : std::string();
    if (read_version(version)) return Detected{version, "slips_version in its database"};
    if (redis.command({"TYPE", "profiles"}).text == "zset")
        return Detected{{}, "1.1.18 or newer: its profiles are a sorted set", {1, 1, 18}, {99, 0, 0}};
    // Later releases store the version, too.
    if (version.empty() && redis.command({"HEXISTS", "analysis", "analysis_start"}).integer == 1)
        return Detected{
            {}, "0.9.2 to 0.9.4: its database has the start of the analysis, but no version", {0, 9, 2}, {0, 9, 4}};
    return std::nullopt;
}

}  // namespace slipsdev
