// Opens files and folders whose paths others may control: anybody who can write to Slips' Redis, or to a folder in the
// path. Never blocks on a named pipe. Each path specifies which symbolic links are followed.
//
// Walks a path folder by folder instead of with Linux' openat2(), so that it works on all systems and can create folders.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Owns the descriptor of an open file or folder.
class OwnFd {
public:
    explicit OwnFd(int fd = -1) : fd_(fd) {}
    OwnFd(OwnFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    OwnFd& operator=(OwnFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~OwnFd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

/// Which symbolic links in a path are followed.
enum class FollowLinks : std::uint8_t {
    none,
    own,  ///< links owned by root or the process's user, which nobody else can have created
    all   ///< for paths given by the user, whose rights are those of the process
};

/// The path of a file or folder.
struct Place {
    std::string path{};
    std::string base{};  ///< folder of a relative path, in which all links are followed; empty: the working directory
    FollowLinks links = FollowLinks::none;

    std::string name() const { return base.empty() || path.starts_with('/') ? path : base + "/" + path; }
};

/// The reason why a file or folder was not opened.
struct FileProblem {
    int error = 0;  ///< errno
    std::string text{};

    FileProblem() = default;
    explicit FileProblem(int number) : error(number), text(std::generic_category().message(number)) {}
    FileProblem(int number, std::string words) : error(number), text(std::move(words)) {}
};

// folders in a path only need search permission
#if defined(O_PATH)
inline constexpr int step_flags = O_PATH | O_DIRECTORY;
#elif defined(O_SEARCH)
inline constexpr int step_flags = O_SEARCH | O_DIRECTORY;
#else
inline constexpr int step_flags = O_RDONLY | O_DIRECTORY;
#endif

/// Opens the entry `name` of a folder.
inline OwnFd open_in(int folder, const std::string& name, int flags, FollowLinks links, FileProblem& problem) {
    struct stat info {};
    const bool is_link = links != FollowLinks::all &&
                         ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
    const bool is_own = links == FollowLinks::own && (info.st_uid == 0 || info.st_uid == ::geteuid());
    const bool follows = links == FollowLinks::all || (is_link && is_own);
    OwnFd opened(::openat(folder, name.c_str(), flags | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW), 0666));
    if (opened) return opened;
    problem = FileProblem(errno);
    if (is_link && !follows) problem = {ELOOP, name + " is a link, which is not followed"};
    if (problem.error == ENXIO) problem = {ENXIO, "it is not a regular file"};  // a pipe without a reader
    return opened;
}

inline OwnFd open_base(const Place& place, FileProblem& problem) {
    const std::string base = place.path.starts_with('/') ? "/" : place.base.empty() ? "." : place.base;
    return open_in(AT_FDCWD, base, step_flags, FollowLinks::all, problem);
}

inline std::vector<std::string> steps_of(const Place& place) {
    if (place.links == FollowLinks::all) return {place.path};
    std::vector<std::string> steps;
    for (std::string_view rest = place.path; !rest.empty();) {
        const std::string_view step = rest.substr(0, rest.find('/'));
        rest.remove_prefix(step.size() + (step.size() < rest.size() ? 1 : 0));
        if (!step.empty() && step != ".") steps.emplace_back(step);
    }
    return steps;
}

/// Returns whether a file is /dev/null or /dev/full, which store nothing.
inline bool stores_nothing(const struct stat& info) {
    struct stat device {};
    for (const char* name : {"/dev/null", "/dev/full"})
        if (S_ISCHR(info.st_mode) && ::stat(name, &device) == 0 && S_ISCHR(device.st_mode) &&
            device.st_rdev == info.st_rdev)
            return true;
    return false;
}

/// Opens a regular file; if that fails, returns an invalid descriptor and sets `problem`. Unless all links are followed,
/// root also refuses files with several hard links, since anybody may have created the one in the path.
inline OwnFd open_regular(const Place& place, int flags, FileProblem& problem) {
    OwnFd at = open_base(place, problem);
    const auto steps = steps_of(place);
    for (std::size_t i = 0; at && i < steps.size(); ++i) {
        const bool is_file = i + 1 == steps.size();
        at = open_in(at.get(), steps[i], is_file ? flags | O_NONBLOCK | O_NOCTTY : step_flags, place.links, problem);
    }
    if (!at) return at;
    struct stat info {};
    if (::fstat(at.get(), &info) != 0) problem = FileProblem(errno);
    else if (steps.empty() || (!S_ISREG(info.st_mode) && !stores_nothing(info)))
        problem = {EINVAL, "it is not a regular file"};
    else if (place.links != FollowLinks::all && ::geteuid() == 0 && S_ISREG(info.st_mode) && info.st_nlink > 1)
        problem = {EMLINK, "it has several hard links"};
    else return at;
    return OwnFd();
}

/// Opens a folder and creates missing parts of its path; if that fails, returns an invalid descriptor and sets `problem`.
/// `owner`: the user for whom root creates it, or null; root then creates it only in folders where nobody but root and
/// this user can replace it. `made`: set to whether the folder was created.
inline OwnFd make_folder(const Place& place, const uid_t* owner, bool& made, FileProblem& problem) {
    made = false;
    OwnFd at = open_base(place, problem);
    for (const std::string& step : steps_of(place)) {
        if (!at) break;
        FileProblem missing;
        OwnFd next = open_in(at.get(), step, step_flags, place.links, missing);
        made = !next && missing.error == ENOENT;
        if (made) {
            struct stat parent {};
            if (owner && (::fstat(at.get(), &parent) != 0 || (parent.st_uid != 0 && parent.st_uid != *owner) ||
                          ((parent.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (parent.st_mode & S_ISVTX) == 0))) {
                problem = {EACCES, "other users can write to its parent folder"};
                return OwnFd();
            }
            made = ::mkdirat(at.get(), step.c_str(), owner ? 0755 : 0777) == 0;
            if (!made && errno != EEXIST) {
                problem = FileProblem(errno);
                return OwnFd();
            }
            next = open_in(at.get(), step, step_flags, place.links, missing);
        }
        if (!next) problem = missing;
        at = std::move(next);
    }
    return at;
}

/// Opens /dev/null as standard input, output and error where they are closed. Call before anything is opened: a file, pipe or
/// socket would get their number, and every printed line would be written to it.
inline void hold_standard_descriptors() {
    int fd = -1;
    do fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < STDERR_FILENO);
    if (fd > STDERR_FILENO) ::close(fd);
}

/// Writes the whole text; returns false if the disk is full or the reader is gone.
inline bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        else if (written == 0 || errno != EINTR) return false;
    }
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
