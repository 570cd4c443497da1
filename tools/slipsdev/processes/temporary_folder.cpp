#include "slipsdev/processes/temporary_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {

TemporaryFolder::TemporaryFolder(Cleanup& cleanup, const std::string& prefix) {
    // Short, because the path of a Unix socket must be.
    const char* variable = std::getenv("TMPDIR");
    std::string name =
        std::string(variable == nullptr || *variable == '\0' ? "/tmp" : variable) + "/" + prefix + ".XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
        throw EnvironmentError("cannot make a folder " + name + ": " + std::strerror(errno));
    path_ = name;
    cleanup.watch(path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace slipsdev
