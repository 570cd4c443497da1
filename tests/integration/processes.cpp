#include "processes.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "slipsdev/processes/programs.hpp"

extern char** environ;

namespace integration {
namespace {

/// Removes the variables that decide how a module behaves, and sets those that the test wants.
std::vector<std::string> changes_of(const std::map<std::string, std::string>& wanted) {
    std::vector<std::string> changes;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string variable = *at;
        const std::string name = variable.substr(0, variable.find('='));
        if ((name.starts_with("SLIPS_") || name.starts_with("SUDO_")) && !wanted.contains(name))
            changes.push_back(name);
    }
    for (const auto& [name, value] : wanted) changes.push_back(name + "=" + value);
    return changes;
}

slipsdev::Launch launch_of(const Launch& launch) {
    slipsdev::Launch made;
    made.arguments = launch.arguments;
    made.environment = changes_of(launch.environment);
    made.folder = launch.folder;
    if (launch.without_input) made.input = slipsdev::Launch::Input::closed;
    made.out = launch.out;
    made.err = launch.err;
    made.user = launch.user;
    made.groups = launch.groups;
    return made;
}

}  // namespace

void breathe() { slipsdev::sleep_milliseconds(2); }

slipsdev::Cleanup& cleanup() {
    static slipsdev::Cleanup cleanup;
    // With SIGCHLD ignored, which is inherited, the system would not report how children ended.
    static const auto before = ::signal(SIGCHLD, SIG_DFL);
    static_cast<void>(before);
    return cleanup;
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
    const std::string file = *this / name;
    std::ofstream(file) << text;
    return file;
}

std::string TemporaryFolder::make_folder(const std::string& name) const {
    const std::string folder = *this / name;
    std::filesystem::create_directory(folder);
    return folder;
}

std::string read_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void pause(pid_t pid) {
    ::kill(pid, SIGSTOP);
    int status = 0;
    while (::waitpid(pid, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    if (!WIFSTOPPED(status)) throw std::runtime_error("the process to be paused has ended");
}

ChildProcess::ChildProcess(const Launch& launch) : process_(launch_of(launch), cleanup()) {}

std::optional<Ending> ChildProcess::ending() {
    const auto ending = process_.ending();
    if (!ending) return std::nullopt;
    return ending->by_signal ? -ending->code : ending->code;
}

std::optional<Ending> ChildProcess::wait(std::chrono::milliseconds limit) {
    eventually([this] { return !runs(); }, limit);
    return ending();
}

}  // namespace integration
