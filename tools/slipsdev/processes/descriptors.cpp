#include "slipsdev/processes/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)  // pipe2() would set FD_CLOEXEC at once, but does not exist everywhere
        throw EnvironmentError(std::string("cannot make a pipe: ") + std::strerror(errno));
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return {ends[0], ends[1]};
}

void close_descriptor(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

void close_all_but(int keep) {
    const long most = ::sysconf(_SC_OPEN_MAX);
    const int end = most > 0 && most < 4096 ? static_cast<int>(most) : 4096;
    for (int fd = STDERR_FILENO + 1; fd < end; ++fd) {
        if (fd != keep) ::close(fd);
    }
}

}  // namespace slipsdev
