#include "slipsdev/processes/programs.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

constexpr std::size_t most_output = std::size_t{8} << 20;

/// A machine's number in ELF files.
struct Machine {
    unsigned number;
    std::string_view name;
};
constexpr std::array<Machine, 9> machines{{{3, "i386"},
                                           {8, "mips"},
                                           {20, "powerpc"},
                                           {21, "powerpc64"},
                                           {22, "s390x"},
                                           {40, "arm"},
                                           {62, "x86_64"},
                                           {183, "aarch64"},
                                           {243, "riscv"}}};
#if defined(__x86_64__)
constexpr unsigned own_machine = 62;
#elif defined(__aarch64__)
constexpr unsigned own_machine = 183;
#elif defined(__arm__)
constexpr unsigned own_machine = 40;
#elif defined(__i386__)
constexpr unsigned own_machine = 3;
#elif defined(__riscv)
constexpr unsigned own_machine = 243;
#else
constexpr unsigned own_machine = 0;
#endif

}  // namespace

Captured run_captured(const std::vector<std::string>& command, std::chrono::milliseconds limit, Cleanup& cleanup,
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

std::string foreign_program(const std::filesystem::path& file) {
    std::array<unsigned char, 20> bytes{};
    std::ifstream in(file, std::ios::binary);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(in.gcount()));
    if (text.starts_with("MZ")) return "a program for Windows";
    constexpr std::array<std::string_view, 3> mach{"\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"};
    if (std::find(mach.begin(), mach.end(), text.substr(0, 4)) != mach.end()) {
#ifdef __APPLE__
        return "";
#else
        return "a program for macOS";
#endif
    }
    if (!text.starts_with("\x7f"
                          "ELF") ||
        text.size() < bytes.size())
        return "";
    const bool is_little = bytes[5] == 1;
    const unsigned low = bytes[is_little ? 18 : 19], high = bytes[is_little ? 19 : 18];
    const unsigned machine = high << 8u | low;
    if (machine == own_machine) return "";
    const auto known =
        std::find_if(machines.begin(), machines.end(), [&](const Machine& m) { return m.number == machine; });
    return "a program for " + (known == machines.end() ? "another machine (ELF machine " + std::to_string(machine) + ")"
                                                       : std::string(known->name));
}

std::filesystem::path path_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return std::filesystem::absolute(program);
    const auto found = find_program(program);
    if (!found) throw EnvironmentError("cannot find " + program + " in PATH");
    return std::filesystem::absolute(*found);
}

namespace {
std::string own_name;
}

void set_own_name(const char* name) { own_name = name == nullptr ? "" : name; }

std::filesystem::path own_path() try {
    return own_name.empty() ? std::filesystem::path() : std::filesystem::canonical(path_of(own_name));
} catch (const std::exception&) {
    return {};
}

}  // namespace slipsdev
