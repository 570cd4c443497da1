// A folder in the system's temporary directory.
#pragma once

#include <filesystem>
#include <string>

#include "slipsdev/processes/cleanup.hpp"

namespace slipsdev {

/// Removed with everything in it when the object is destroyed or the program has ended.
class TemporaryFolder {
public:
    /// Makes the folder in TMPDIR or /tmp; its name starts with `prefix`. Throws EnvironmentError.
    explicit TemporaryFolder(Cleanup& cleanup, const std::string& prefix = "slipsdev");
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace slipsdev
