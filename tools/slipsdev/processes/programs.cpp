#include "slipsdev/processes/programs.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

constexpr std::size_t most_output = std::size_t{8} << 20;

}  // namespace

Captured run_captured(const std::vector<std::string>& command, std::chrono::seconds limit, Cleanup& cleanup,
                      const std::vector<std::string>& environment) {
    ChildProcess process({.arguments = command, .environment = environment, .piped = true}, cleanup);
    Captured captured;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (process.out() >= 0 && std::chrono::steady_clock::now() < deadline) {
        std::array<pollfd, 2> waiting{{{process.out(), POLLIN, 0}, {process.err(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), 50);
        if (!read_available(process.out(), captured.out)) process.close_out();
        if (process.err() >= 0 && !read_available(process.err(), captured.err)) process.close_err();
        if (captured.out.size() + captured.err.size() > most_output)
            throw EnvironmentError(command.front() + " prints without end: killed");
    }
    while (!process.ending() && std::chrono::steady_clock::now() < deadline) sleep_milliseconds(1);
    captured.ending = process.ending();
    return captured;
}

void sleep_milliseconds(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

std::optional<std::string> find_program(const std::string& name) {
    const char* variable = std::getenv("PATH");
    const std::string path = variable == nullptr ? "/usr/bin:/bin" : variable;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        const std::string folder = begin == end ? "." : path.substr(begin, end - begin);
        const std::string candidate = folder + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(candidate)) return candidate;
        begin = end + 1;
    }
    return std::nullopt;
}

std::filesystem::path path_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return std::filesystem::absolute(program);
    const auto found = find_program(program);
    if (!found) throw EnvironmentError("cannot find " + program + " in PATH");
    return std::filesystem::absolute(*found);
}

}  // namespace slipsdev
