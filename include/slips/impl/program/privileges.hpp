// Drops root permanently, and verifies it.
//
// Slips is started with sudo to capture packets; its modules drop root once they run
// (utils.drop_root_privs_permanently() of Slips 1.1.21, utils.drop_root_privs() of 0.9). The caller is responsible for the
// order: open sockets, init(), drop, open log files, pre_main().
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

/// The input of plan_privileges().
struct PrivilegeFacts {
    bool root = false;                      ///< real or effective user id 0
    std::optional<std::string> sudo_uid{};  ///< SUDO_UID in the environment, nullopt if not set
    std::optional<std::string> sudo_gid{};  ///< SUDO_GID in the environment, nullopt if not set
    std::string user{};                     ///< from --user; empty if not given
    bool needs_root = false;                ///< from ModuleInfo
};

/// The decision of plan_privileges().
struct PrivilegePlan {
    /// What to do, and which of the members below apply.
    enum class Action : std::uint8_t {
        nothing,       ///< not root, or root is needed and kept
        warn,          ///< root, and no user to become: continue as root and print `sentence` once
        drop_to_ids,   ///< become `uid` and `gid`
        drop_to_user,  ///< become `user`
        refuse,        ///< do not start; `sentence` is the reason
    };
    Action action = Action::nothing;  ///< what to do
    std::uint32_t uid = 0;            ///< for drop_to_ids
    std::uint32_t gid = 0;            ///< for drop_to_ids
    std::string user{};               ///< for drop_to_user
    std::string sentence{};           ///< for warn and refuse

    friend bool operator==(const PrivilegePlan&, const PrivilegePlan&) = default;
};

/// Returns the facts of this process. Reads the environment.
PrivilegeFacts current_privilege_facts(std::string user, bool needs_root);

/// Decides what to do, without side effects. `--user` takes precedence over SUDO_UID and SUDO_GID; both are refused if they
/// are root. A module that needs root keeps it and cannot be combined with `--user`.
PrivilegePlan plan_privileges(const PrivilegeFacts& facts);

/// Returns the plan with the ids of its user, if it names one; or a plan that refuses, if the user does not exist or is
/// root. Reads the system's user database.
PrivilegePlan look_up_user(PrivilegePlan plan);

/// Performs a plan. A drop sets the supplementary groups to the new group alone, then all three group ids, then all three
/// user ids; then it verifies that root cannot be regained, and on Linux prevents programs started later from gaining
/// rights (sudo and the like). Returns nullopt on success (also for nothing and warn), otherwise the error; the process
/// must then exit, since some ids may have changed already. Call it before threads are started.
std::optional<std::string> perform_privileges(const PrivilegePlan& plan);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

/// Parses an id as written by sudo. Rejects the largest number, (uid_t)-1, which means "unchanged".
inline std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id == UINT32_MAX) return std::nullopt;
    return id;
}

inline std::string system_error_text(const char* what, int error) {
    // strerror is not thread-safe
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
    // POSIX allows all of these if the user does not exist
    const bool unknown = error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
    return {0, 0,
            unknown ? "cannot drop root: there is no user '" + name + "' on this system"
                    : system_error_text(("cannot drop root: looking up user '" + name + "'").c_str(), error)};
}

inline int set_all_gids(gid_t gid) {
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    return ::setresgid(gid, gid, gid);
#else
    return ::setgid(gid);  // sets all three when called by root
#endif
}

inline int set_all_uids(uid_t uid) {
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
    return ::setresuid(uid, uid, uid);
#else
    return ::setuid(uid);
#endif
}

/// Returns nullopt if the process has only this user and group and cannot become root again, otherwise the error.
inline std::optional<std::string> verify_dropped(uid_t uid, gid_t gid) {
    if (::getuid() != uid || ::geteuid() != uid || ::getgid() != gid || ::getegid() != gid) {
        return "cannot drop root: the ids differ from the requested ones after setting them";
    }
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count < 0 || (count > 0 && ::getgroups(count, groups.data()) != count)) {
        return system_error_text("cannot drop root: getgroups", errno);
    }
    for (const gid_t group : groups) {
        if (group != gid) return "cannot drop root: supplementary groups remain";
    }
    if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0 || ::setegid(0) == 0) {
        return "cannot drop root: it could be regained (does the process hold CAP_SETUID?)";
    }
    return std::nullopt;
}

/// Keeps the process's memory, which contains a password, out of core dumps, /proc and debuggers.
inline void hide_memory() {
#ifdef __linux__
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#endif
}

inline std::optional<std::string> become(uid_t uid, gid_t gid) {
    // after Slips' temporary drop only the real id is root; regain root to drop it permanently
    if (::geteuid() != 0 && ::seteuid(0) != 0) return system_error_text("cannot drop root: seteuid", errno);
    if (::setgroups(1, &gid) != 0) return system_error_text("cannot drop root: setgroups", errno);
    if (set_all_gids(gid) != 0) return system_error_text("cannot drop root: setting the group", errno);
    if (set_all_uids(uid) != 0) return system_error_text("cannot drop root: setting the user", errno);
    if (auto failure = verify_dropped(uid, gid)) return failure;
#ifdef __linux__
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return system_error_text("cannot drop root: PR_SET_NO_NEW_PRIVS", errno);
#endif
    return std::nullopt;
}

}  // namespace detail

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
        if (!facts.root) return refuse("--user '" + facts.user + "' needs root: only root can become another user");
        if (facts.needs_root) return refuse("--user '" + facts.user + "' cannot be applied: the module needs root");
        return {Action::drop_to_user, 0, 0, facts.user, {}};
    }
    if (!facts.root || facts.needs_root) return {};
    if (!facts.sudo_uid && !facts.sudo_gid) {
        return {Action::warn, 0, 0, {}, "running as root, since SUDO_UID is not set; drop root with --user NAME"};
    }
    const auto uid = detail::parse_id(facts.sudo_uid.value_or(""));
    const auto gid = detail::parse_id(facts.sudo_gid.value_or(""));
    // the errors do not repeat the values: the environment may contain anything, and errors go to a terminal
    if (!uid) return refuse("cannot drop root: SUDO_UID is missing or not a user id");
    if (!gid) return refuse("cannot drop root: SUDO_GID is missing or not a group id");
    if (*uid == 0) return refuse("cannot drop root: SUDO_UID is root; choose a user with --user NAME");
    if (*gid == 0) return refuse("cannot drop root: SUDO_GID is root's group; choose a user with --user NAME");
    return {Action::drop_to_ids, *uid, *gid, {}, {}};
}

inline PrivilegePlan look_up_user(PrivilegePlan plan) {
    using Action = PrivilegePlan::Action;
    if (plan.action != Action::drop_to_user) return plan;
    const auto ids = detail::find_user(plan.user);
    if (!ids.error.empty()) return {Action::refuse, 0, 0, {}, ids.error};
    if (ids.uid == 0 || ids.gid == 0)
        return {Action::refuse, 0, 0, {}, "cannot drop root: user '" + plan.user + "' is root or in root's group"};
    return {Action::drop_to_ids, ids.uid, ids.gid, std::move(plan.user), {}};
}

inline std::optional<std::string> perform_privileges(const PrivilegePlan& plan) {
    const PrivilegePlan known = look_up_user(plan);
    if (known.action == PrivilegePlan::Action::refuse) return known.sentence;
    if (known.action == PrivilegePlan::Action::drop_to_ids) return detail::become(known.uid, known.gid);
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI
