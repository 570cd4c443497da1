#include "slipsdev/watch/processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <vector>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

constexpr std::size_t longest_file = std::size_t{64} << 10;

/// Returns the first so many bytes of a file of /proc; empty if it cannot be read.
std::string contents(const std::string& path, std::size_t longest = longest_file) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return "";
    std::string text;
    std::array<char, 4096> part{};
    ssize_t size = 0;
    while (text.size() < longest && (size = ::read(file, part.data(), part.size())) > 0)
        text.append(part.data(), static_cast<std::size_t>(size));
    ::close(file);
    return text;
}

std::string path_of_process(std::int64_t pid, const char* file) { return "/proc/" + std::to_string(pid) + file; }

/// Returns the number of this field, or 0.
std::uint64_t number_in(const std::vector<std::string_view>& fields, std::size_t index) {
    const auto number = index < fields.size() ? python_int(fields[index]) : std::nullopt;
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

/// Returns what blanks separate.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t first = text.find_first_not_of(" \n", at);
        if (first == std::string_view::npos) break;
        const std::size_t last = std::min(text.find_first_of(" \n", first), text.size());
        words.push_back(text.substr(first, last - first));
        at = last;
    }
    return words;
}

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

std::optional<ProcessSample> parse_stat(std::string_view text, double ticks, std::uint64_t page) {
    // PID (program) state parent...; the program's name may contain blanks and parentheses
    const std::size_t begin = text.find('('), end = text.rfind(')');
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin || begin < 2)
        return std::nullopt;
    const std::vector<std::string_view> fields = words_of(text.substr(end + 1));
    constexpr std::size_t state = 0, parent = 1, user_time = 11, system_time = 12, start_time = 19, pages = 21;
    const auto pid = python_int(text.substr(0, begin - 1));
    if (!pid || fields.size() <= pages) return std::nullopt;
    ProcessSample process;
    process.pid = *pid;
    process.parent = static_cast<std::int64_t>(number_in(fields, parent));
    process.state = fields[state].front();
    process.program = std::string(text.substr(begin + 1, end - begin - 1));
    process.cpu_seconds = static_cast<double>(number_in(fields, user_time) + number_in(fields, system_time)) / ticks;
    process.started = number_in(fields, start_time);
    process.rss = number_in(fields, pages) * page;
    return process;
}

std::optional<std::uint64_t> parse_pss(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with("Pss:") || !line.ends_with(" kB")) continue;
        line = line.substr(4, line.size() - 7);
        const auto kilobytes = python_int(line);
        if (kilobytes && *kilobytes >= 0) return static_cast<std::uint64_t>(*kilobytes) * 1024;
    }
    return std::nullopt;
}

std::set<std::string> parse_sockets(std::string_view text, const std::set<int>& ports) {
    std::set<std::string> inodes;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::vector<std::string_view> fields = words_of(text.substr(at, end - at));
        at = end + 1;
        // number: own address:port, other address:port, …; numbers are hexadecimal
        constexpr std::size_t own = 1, inode = 9;
        if (fields.size() <= inode) continue;
        int port = 0;
        const std::string_view digits = fields[own].substr(fields[own].rfind(':') + 1);
        const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
        if (error == std::errc() && last == digits.data() + digits.size() && ports.contains(port))
            inodes.emplace(fields[inode]);
    }
    return inodes;
}

bool ProcessReader::is_available() { return ::access("/proc/self/stat", R_OK) == 0; }

std::map<std::int64_t, ProcessSample> ProcessReader::all() const {
    std::map<std::int64_t, ProcessSample> processes;
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc"));
    if (!folder) return processes;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        const auto process = parse_stat(contents(std::string("/proc/") + entry->d_name + "/stat"), ticks, page);
        if (process) processes[process->pid] = *process;
    }
    return processes;
}

void ProcessReader::add_pss(ProcessSample& process, double time) {
    Known& known = known_[process.pid];
    if (known.started != process.started || time - known.time >= validity) {
        known = {process.started, time, parse_pss(contents(path_of_process(process.pid, "/smaps_rollup")))};
        for (auto each = known_.begin(); each != known_.end();)  // ended
            each = time - each->second.time > 10 * validity ? known_.erase(each) : std::next(each);
    }
    process.pss = known.pss;
}

std::optional<std::int64_t> ProcessReader::process_of_thread(std::int64_t id) {
    const std::string text = contents(path_of_process(id, "/status"));
    const std::size_t at = text.find("\nTgid:");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + 6;
    const auto process = python_int(std::string_view(text).substr(begin, text.find('\n', begin) - begin));
    return process && *process != id ? std::optional<std::int64_t>(*process) : std::nullopt;
}

std::string ProcessReader::program_called(std::int64_t pid) {
    std::string text = contents(path_of_process(pid, "/cmdline"));
    text = text.substr(0, text.find('\0'));
    return text.substr(text.rfind('/') + 1);
}

bool ProcessReader::may_be_connected_from(std::int64_t pid, const std::set<int>& ports) {
    if (ports.contains(0)) return true;
    constexpr std::size_t longest_table = std::size_t{4} << 20;
    std::set<std::string> inodes;
    for (const char* table : {"/net/tcp", "/net/tcp6"})
        inodes.merge(parse_sockets(contents(path_of_process(pid, table), longest_table), ports));
    const std::string path = path_of_process(pid, "/fd");
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
    if (!folder) return true;
    while (const dirent* entry = ::readdir(folder.get())) {
        std::array<char, 64> target{};
        const ssize_t size = ::readlink((path + "/" + entry->d_name).c_str(), target.data(), target.size());
        const std::string_view text(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        constexpr std::string_view before = "socket:[";
        if (text.starts_with(before) && text.ends_with(']') &&
            inodes.contains(std::string(text.substr(before.size(), text.size() - before.size() - 1))))
            return true;
    }
    return false;
}

}  // namespace slipsdev
