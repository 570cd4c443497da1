// Dropping root: for good, and verified.
//
// Slips is started with sudo where it sniffs; its modules give root up once they run
// (utils.drop_root_privs_permanently() of Slips 1.1.21, utils.drop_root_privs() of 0.9). The order is the
// caller's: open sockets, init(), then drop, then open log files, then pre_main().
#pragma once

#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What the decision depends on.
struct PrivilegeFacts {
    bool root = false;                     ///< real or effective user id 0
    std::optional<std::string> sudo_uid{}; ///< the environment's SUDO_UID, nothing when not set
    std::optional<std::string> sudo_gid{}; ///< the environment's SUDO_GID
    std::string user{};                    ///< of --user; empty when not given
    bool needs_root = false;               ///< of ModuleInfo
};

/// What to do about it.
struct PrivilegePlan {
    /// What to do, and by which of the members below.
    enum class Action : std::uint8_t {
        nothing,      ///< not root, or root is needed and kept
        warn,         ///< root, and nobody to become: go on as root and print `sentence` once
        drop_to_ids,  ///< become `uid` and `gid`
        drop_to_user, ///< become `user`
        refuse,       ///< do not start; `sentence` says why
    };
    Action action = Action::nothing;  ///< which of them
    std::uint32_t uid = 0;            ///< of drop_to_ids
    std::uint32_t gid = 0;            ///< of drop_to_ids
    std::string user{};               ///< of drop_to_user
    std::string sentence{};           ///< of warn and refuse

    friend bool operator==(const PrivilegePlan&, const PrivilegePlan&) = default;
};

/// The facts of this process. Reads the environment.
PrivilegeFacts current_privilege_facts(std::string user, bool needs_root);

/// Pure. `--user` goes before SUDO_UID and SUDO_GID; either is refused when it leads to root. A module that needs
/// root keeps it, and cannot be given a user.
PrivilegePlan plan_privileges(const PrivilegeFacts& facts);

/// The plan with the ids of the user that it names, if it names one; or a plan that refuses: there is none, or it is root.
/// Reads the system's list of users.
PrivilegePlan look_up_user(PrivilegePlan plan);

/// Performs a plan: for a drop, the supplementary groups become the new group alone, then all three group ids,
/// then all three user ids; then it is proved that none of them leads back to root, and on Linux no program that is started
/// from then on gains rights, either (sudo and its like). nothing when all is well (also
/// where there was nothing to do, or only to warn), otherwise one sentence; the process must end then, for it may
/// have changed half of its ids. Call it before threads are started.
std::optional<std::string> perform_privileges(const PrivilegePlan& plan);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

/// An id as sudo writes it. Not the largest number: that is (uid_t)-1, "leave it as it is".
inline std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id == UINT32_MAX) return std::nullopt;
    return id;
}

inline std::string system_error_text(const char* what, int error) {
    // not strerror, which is not thread-safe
    return std::string(what) + ": " + std::generic_category().message(error);
}

struct UserIds {
    uid_t uid = 0;
    gid_t gid = 0;
    std::string error{};
};

inline UserIds find_user(const std::string& name) {
    std::vector<char> buffer(1024);
    passwd entry{};
    passwd* found = nullptr;
    int error = 0;
    while ((error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
           buffer.size() < (1U << 20)) {
        buffer.resize(buffer.size() * 2);
    }
    if (error == 0 && found != nullptr) return {entry.pw_uid, entry.pw_gid, {}};
    // POSIX lets it say these, too, when there is no such user
    const bool unknown = error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
    return {0, 0,
            unknown ? "cannot drop root: there is no user '" + name + "' on this system"
                    : system_error_text(("cannot drop root: looking up user '" + name + "'").c_str(), error)};
}

inline int set_all_gids(gid_t gid) {
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    return ::setresgid(gid, gid, gid);
#else
    return ::setgid(gid); // sets all three when called by root
#endif
}

inline int set_all_uids(uid_t uid) {
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    return ::setresuid(uid, uid, uid);
#else
    return ::setuid(uid);
#endif
}

/// nothing when the process is that user and group alone, and cannot become root again
inline std::optional<std::string> prove_dropped(uid_t uid, gid_t gid) {
    if (::getuid() != uid || ::geteuid() != uid || ::getgid() != gid || ::getegid() != gid) {
        return "cannot drop root: the ids are not the wanted ones after they were set";
    }
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count < 0 || (count > 0 && ::getgroups(count, groups.data()) != count)) {
        return system_error_text("cannot drop root: getgroups", errno);
    }
    for (const gid_t group : groups) {
        if (group != gid) return "cannot drop root: other groups were kept";
    }
    if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0 || ::setegid(0) == 0) {
        return "cannot drop root: it could be regained (does the process hold CAP_SETUID?)";
    }
    return std::nullopt;
}

/// Nobody shall find what we know (a password) in a core dump, in /proc or with a debugger.
inline void hide_memory() {
#ifdef __linux__
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#endif
}

inline std::optional<std::string> become(uid_t uid, gid_t gid) {
    // With only the real id root's, as Slips' temporary drop leaves it, root is needed once more to be given up
    if (::geteuid() != 0 && ::seteuid(0) != 0) return system_error_text("cannot drop root: seteuid", errno);
    if (::setgroups(1, &gid) != 0) return system_error_text("cannot drop root: setgroups", errno);
    if (set_all_gids(gid) != 0) return system_error_text("cannot drop root: setting the group", errno);
    if (set_all_uids(uid) != 0) return system_error_text("cannot drop root: setting the user", errno);
    if (auto failure = prove_dropped(uid, gid)) return failure;
#ifdef __linux__
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error_text("cannot drop root: PR_SET_NO_NEW_PRIVS", errno);
#endif
    return std::nullopt;
}

} // namespace detail

inline PrivilegeFacts current_privilege_facts(std::string user, bool needs_root) {
    const auto variable = [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        if (value == nullptr) return std::nullopt;
        return value;
    };
    return {::getuid() == 0 || ::geteuid() == 0, variable("SUDO_UID"), variable("SUDO_GID"), std::move(user),
            needs_root};
}

inline PrivilegePlan plan_privileges(const PrivilegeFacts& facts) {
    using Action = PrivilegePlan::Action;
    const auto refuse = [](std::string sentence) {
        return PrivilegePlan{Action::refuse, 0, 0, {}, std::move(sentence)};
    };
    if (!facts.user.empty()) {
        if (!facts.root)
            return refuse("--user '" + facts.user + "' needs root: only root can become another user");
        if (facts.needs_root) return refuse("--user '" + facts.user + "' cannot be obeyed: the module needs root");
        return {Action::drop_to_user, 0, 0, facts.user, {}};
    }
    if (!facts.root || facts.needs_root) return {};
    if (!facts.sudo_uid && !facts.sudo_gid) {
        return {
            Action::warn, 0, 0, {}, "running as root, without sudo's SUDO_UID to drop to; --user NAME drops root"};
    }
    const auto uid = detail::parse_id(facts.sudo_uid.value_or(""));
    const auto gid = detail::parse_id(facts.sudo_gid.value_or(""));
    // What is in the environment may be anything, and ends up on a terminal: it is not repeated
    if (!uid) return refuse("cannot drop root: SUDO_UID is missing or no user id");
    if (!gid) return refuse("cannot drop root: SUDO_GID is missing or no group id");
    if (*uid == 0) return refuse("cannot drop root: SUDO_UID is root itself; --user NAME drops root");
    if (*gid == 0) return refuse("cannot drop root: SUDO_GID is root's group; --user NAME drops root");
    return {Action::drop_to_ids, *uid, *gid, {}, {}};
}

inline PrivilegePlan look_up_user(PrivilegePlan plan) {
    using Action = PrivilegePlan::Action;
    if (plan.action != Action::drop_to_user) return plan;
    const auto ids = detail::find_user(plan.user);
    if (!ids.error.empty()) return {Action::refuse, 0, 0, {}, ids.error};
    if (ids.uid == 0 || ids.gid == 0)
        return {Action::refuse, 0, 0, {}, "cannot drop root: user '" + plan.user + "' is root, or in root's group"};
    return {Action::drop_to_ids, ids.uid, ids.gid, std::move(plan.user), {}};
}

inline std::optional<std::string> perform_privileges(const PrivilegePlan& plan) {
    const PrivilegePlan known = look_up_user(plan);
    if (known.action == PrivilegePlan::Action::refuse) return known.sentence;
    if (known.action == PrivilegePlan::Action::drop_to_ids) return detail::become(known.uid, known.gid);
    return std::nullopt;
}

} // namespace slips::inline SLIPS_SDK_ABI
