// Files and folders whose names, or whose ways, others may have chosen: who can write into Slips' Redis, or into a folder
// on the way. Nothing is opened that one would wait at, a named pipe; which links are followed is said of each name.
//
// A path is walked folder by folder, not with Linux' openat2(): so it is the same everywhere, and can make folders.
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

/// An open file or folder, closed at the end.
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

/// Which links in a path are followed.
enum class FollowLinks : std::uint8_t {
    none,
    own,  ///< those of root and of our own user, which nobody else can have put there
    all   ///< whoever runs the module has named the path, and has no more rights than the module
};

/// A name of a file or folder.
struct Place {
    std::string path{};
    std::string base{};  ///< the folder that a relative path begins in; it may lead through links; empty: the one we run in
    FollowLinks links = FollowLinks::none;

    std::string name() const { return base.empty() || path.starts_with('/') ? path : base + "/" + path; }
};

/// Why something was not opened.
struct FileProblem {
    int error = 0;  ///< of errno
    std::string text{};

    FileProblem() = default;
    explicit FileProblem(int number) : error(number), text(std::generic_category().message(number)) {}
    FileProblem(int number, std::string words) : error(number), text(std::move(words)) {}
};

// of a folder on the way no more is needed than to go through
#if defined(O_PATH)
inline constexpr int step_flags = O_PATH | O_DIRECTORY;
#elif defined(O_SEARCH)
inline constexpr int step_flags = O_SEARCH | O_DIRECTORY;
#else
inline constexpr int step_flags = O_RDONLY | O_DIRECTORY;
#endif

/// One step: opens what is called `name` in a folder.
inline OwnFd open_in(int folder, const std::string& name, int flags, FollowLinks links, FileProblem& problem) {
    struct stat is {};
    const bool is_link = links != FollowLinks::all && ::fstatat(folder, name.c_str(), &is, AT_SYMLINK_NOFOLLOW) == 0 &&
                         S_ISLNK(is.st_mode);
    const bool is_own = links == FollowLinks::own && (is.st_uid == 0 || is.st_uid == ::geteuid());
    const bool follows = links == FollowLinks::all || (is_link && is_own);
    OwnFd opened(::openat(folder, name.c_str(), flags | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW), 0666));
    if (opened) return opened;
    problem = FileProblem(errno);
    if (is_link && !follows) problem = {ELOOP, name + " is a link, which is not followed"};
    if (problem.error == ENXIO) problem = {ENXIO, "it is no file"};  // a pipe that nobody reads
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

/// Returns whether a file is a device in which nothing is kept: /dev/null or /dev/full.
inline bool keeps_nothing(const struct stat& is) {
    struct stat device {};
    for (const char* name : {"/dev/null", "/dev/full"})
        if (S_ISCHR(is.st_mode) && ::stat(name, &device) == 0 && S_ISCHR(device.st_mode) && device.st_rdev == is.st_rdev)
            return true;
    return false;
}

/// Opens a regular file. Nothing: `problem` has why. Where links are not followed root takes no file that has several names,
/// either: anybody may have given it the one that is known here.
inline OwnFd open_regular(const Place& place, int flags, FileProblem& problem) {
    OwnFd at = open_base(place, problem);
    const auto steps = steps_of(place);
    for (std::size_t i = 0; at && i < steps.size(); ++i) {
        const bool is_file = i + 1 == steps.size();
        at = open_in(at.get(), steps[i], is_file ? flags | O_NONBLOCK | O_NOCTTY : step_flags, place.links, problem);
    }
    if (!at) return at;
    struct stat is {};
    if (::fstat(at.get(), &is) != 0) problem = FileProblem(errno);
    else if (steps.empty() || (!S_ISREG(is.st_mode) && !keeps_nothing(is))) problem = {EINVAL, "it is no file"};
    else if (place.links != FollowLinks::all && ::geteuid() == 0 && S_ISREG(is.st_mode) && is.st_nlink > 1)
        problem = {EMLINK, "it has several names (hard links)"};
    else return at;
    return OwnFd();
}

/// Opens a folder for steps, and makes what is missing of it. Nothing: `problem` has why. `heir`: root makes it for this
/// user; then only where nobody but the two of them can put something else in its place. `made`: it was not there.
inline OwnFd make_folder(const Place& place, const uid_t* heir, bool& made, FileProblem& problem) {
    made = false;
    OwnFd at = open_base(place, problem);
    for (const std::string& step : steps_of(place)) {
        if (!at) break;
        FileProblem missing;
        OwnFd next = open_in(at.get(), step, step_flags, place.links, missing);
        made = !next && missing.error == ENOENT;
        if (made) {
            struct stat parent {};
            if (heir && (::fstat(at.get(), &parent) != 0 || (parent.st_uid != 0 && parent.st_uid != *heir) ||
                         ((parent.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (parent.st_mode & S_ISVTX) == 0))) {
                problem = {EACCES, "others may write into the folder in which it would be made"};
                return OwnFd();
            }
            made = ::mkdirat(at.get(), step.c_str(), heir ? 0755 : 0777) == 0;
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

/// Writes all of it, unless the disk is full or nobody reads.
inline bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        else if (written == 0 || errno != EINTR) return false;
    }
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
