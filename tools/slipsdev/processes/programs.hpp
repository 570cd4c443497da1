// Finding programs, and running them to their end.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slipsdev/processes/child_process.hpp"

namespace slipsdev {

/// What a program printed, and how it ended.
struct Captured {
    std::string out{};
    std::string err{};
    std::optional<Ending> ending{};  ///< nullopt: it was killed at the time limit
};

/// Runs a program to its end. `environment` as in Launch. Throws EnvironmentError when it cannot be started, or prints
/// too much.
Captured run_captured(const std::vector<std::string>& command, std::chrono::milliseconds limit, Cleanup& cleanup,
                      const std::vector<std::string>& environment = {});

/// Waits that long, also when a signal interrupts.
void sleep_milliseconds(int milliseconds);

/// Returns the program's path as the shell would find it in PATH, or nullopt.
std::optional<std::string> find_program(const std::string& name);

/// Returns the program's absolute path. Throws EnvironmentError.
std::filesystem::path path_of(const std::string& program);

/// Stores how this program was called, the first argument of main().
void set_own_name(const char* name);
/// Returns this program's absolute path, without links; empty if it is unknown.
std::filesystem::path own_path();

/// Returns what the file is if it is a program that this machine cannot run by itself: "a program for aarch64"; "" for all
/// others. A shell would try to read it as a script.
std::string foreign_program(const std::filesystem::path& file);

}  // namespace slipsdev
