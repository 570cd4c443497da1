#include "slips/impl/program/privileges.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cstdlib>
#include <optional>
#include <string>

using Action = slips::PrivilegePlan::Action;

namespace {

slips::PrivilegePlan plan(bool root, std::optional<std::string> uid, std::optional<std::string> gid,
                          std::string user = "", bool needs_root = false) {
    return slips::plan_privileges({root, std::move(uid), std::move(gid), std::move(user), needs_root});
}

/// Runs `work` in a child; returns its result, or what ended it.
template <typename Work>
std::string in_child(Work work) {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child < 0) return "no fork";
    if (child == 0) {
        const std::string result = work();
        const auto written = ::write(ends[1], result.data(), result.size());
        ::_exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string result;
    char buffer[256];
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
        result.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0 ? result : "the child died";
}

bool can_be_dumped() {
#ifdef __linux__
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
#else
    rlimit limit{1, 1};
    return ::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0;
#endif
}

constexpr unsigned someone = 54321;

}  // namespace

TEST_CASE("a process that is not root has nothing to drop") {
    CHECK(plan(false, {}, {}) == slips::PrivilegePlan{});
    CHECK(plan(false, "1000", "1000") == slips::PrivilegePlan{});
    CHECK(plan(false, "0", "garbage") == slips::PrivilegePlan{});
    CHECK(plan(false, {}, {}, "", true) == slips::PrivilegePlan{});
}

TEST_CASE("under sudo, root is dropped to the calling user") {
    const auto drop = plan(true, "1000", "100");
    CHECK(drop.action == Action::drop_to_ids);
    CHECK(drop.uid == 1000);
    CHECK(drop.gid == 100);
    CHECK(drop.sentence.empty());
    CHECK(plan(true, "4294967294", "1").uid == 4294967294U);
}

TEST_CASE("root without sudo stays root, with a warning") {
    const auto warned = plan(true, {}, {});
    CHECK(warned.action == Action::warn);
    CHECK(warned.sentence.find("--user") != std::string::npos);
    CHECK_FALSE(slips::perform_privileges(warned).has_value());
}

TEST_CASE("a module that needs root keeps it") {
    CHECK(plan(true, {}, {}, "", true).action == Action::nothing);
    CHECK(plan(true, "1000", "1000", "", true).action == Action::nothing);
    CHECK(plan(true, "garbage", {}, "", true).action == Action::nothing);
}

TEST_CASE("ids that are invalid, or root's, are an error") {
    struct {
        std::optional<std::string> uid, gid;
        const char* named;
    } const cases[] = {
        {"0", "0", "SUDO_UID"},
        {"0", "1000", "SUDO_UID"},
        {"1000", "0", "SUDO_GID"},
        {"", "1000", "SUDO_UID"},
        {"1000", "", "SUDO_GID"},
        {"me", "1000", "SUDO_UID"},
        {"1000", "me", "SUDO_GID"},
        {"-1", "1000", "SUDO_UID"},
        {"+1000", "1000", "SUDO_UID"},
        {" 1000", "1000", "SUDO_UID"},
        {"1000 ", "1000", "SUDO_UID"},
        {"1000.0", "1000", "SUDO_UID"},
        {"0x10", "1000", "SUDO_UID"},
        {"4294967295", "1000", "SUDO_UID"},
        {"4294967296", "1000", "SUDO_UID"},
        {"1000", "4294967295", "SUDO_GID"},
        {"00", "1000", "SUDO_UID"},
        {"1000", std::nullopt, "SUDO_GID"},
        {std::nullopt, "1000", "SUDO_UID"},
        {"99999999999999999999", "1", "SUDO_UID"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.uid.value_or("(none)"));
        CAPTURE(c.gid.value_or("(none)"));
        const auto refused = plan(true, c.uid, c.gid);
        CHECK(refused.action == Action::refuse);
        CHECK(refused.sentence.find(c.named) != std::string::npos);
        CHECK(slips::perform_privileges(refused) == refused.sentence);
    }
    // text from the environment does not reach the terminal
    CHECK(plan(true, "\x1b[31m", "1000").sentence.find('\x1b') == std::string::npos);
}

TEST_CASE("--user takes precedence over sudo's, and requires root") {
    const auto drop = plan(true, "1000", "1000", "nobody");
    CHECK(drop.action == Action::drop_to_user);
    CHECK(drop.user == "nobody");
    CHECK(plan(true, {}, {}, "nobody").action == Action::drop_to_user);
    CHECK(plan(true, "garbage", {}, "nobody").action == Action::drop_to_user);
    CHECK(plan(false, {}, {}, "nobody").action == Action::refuse);
    CHECK(plan(true, {}, {}, "nobody", true).action == Action::refuse);
}

TEST_CASE("a user that does not exist, or is root, is an error, and nothing is changed") {
    const auto uid = ::geteuid();
    const auto unknown = slips::perform_privileges(plan(true, {}, {}, "no-such-user-here"));
    REQUIRE(unknown);
    CHECK(*unknown == "cannot drop root: there is no user 'no-such-user-here' on this system");
    const auto root = slips::perform_privileges(plan(true, {}, {}, "root"));
    REQUIRE(root);
    CHECK(root->find("is root") != std::string::npos);
    CHECK(::geteuid() == uid);
}

TEST_CASE("current_privilege_facts() describes this process") {
    const char* uid = std::getenv("SUDO_UID");
    const auto facts = slips::current_privilege_facts("nobody", true);
    CHECK(facts.root == (::getuid() == 0 || ::geteuid() == 0));
    CHECK(facts.sudo_uid.has_value() == (uid != nullptr));
    CHECK(facts.user == "nobody");
    CHECK(facts.needs_root);
}

TEST_CASE("a process that knows a password leaves no core dump") {
    CHECK(in_child([] {
              slips::detail::hide_memory();
              return std::string(can_be_dumped() ? "dumps" : "no dump");
          }) == "no dump");
}

TEST_CASE("dropped root cannot be regained") {
    // root of a container may have no other ids
    const std::string can = ::geteuid() != 0 ? "only root can drop root" : in_child([] {
        const gid_t group = someone;
        const bool able = ::setgroups(1, &group) == 0 && ::setgid(group) == 0 && ::setuid(someone) == 0;
        return std::string(able ? "yes" : "this root cannot become another user");
    });
    if (can != "yes") {
        MESSAGE("skipped: " << can);
        return;
    }
    const auto after_drop = [] {
        const auto error = slips::perform_privileges(plan(true, "54321", "54322"));
        if (error) return *error;
        if (::getuid() != someone || ::geteuid() != someone || ::getgid() != someone + 1) return std::string("ids");
        gid_t groups[2]{};
        if (::getgroups(2, groups) != 1 || groups[0] != someone + 1) return std::string("groups");
        if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) return std::string("regained");
        if (::access("/etc/shadow", R_OK) == 0) return std::string("reads /etc/shadow");
#ifdef __linux__
        if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return std::string("sudo would give it new rights");
#endif
        return std::string("dropped");
    };
    CHECK(in_child(after_drop) == "dropped");

    SUBCASE("after the temporary drop that Slips makes, which keeps the real id") {
        CHECK(in_child([&] {
                  if (::setegid(someone) != 0 || ::seteuid(someone) != 0) return std::string("no temporary drop");
                  if (!slips::current_privilege_facts("", false).root) return std::string("root was not noticed");
                  return after_drop();
              }) == "dropped");
    }
    SUBCASE("by name") {
        if (::getpwnam("nobody") == nullptr) {
            MESSAGE("skipped: there is no user nobody");
            return;
        }
        CHECK(in_child([] {
                  const auto error = slips::perform_privileges(plan(true, {}, {}, "nobody"));
                  return error ? *error : std::string(::geteuid() != 0 && ::seteuid(0) != 0 ? "dropped" : "still root");
              }) == "dropped");
    }
    SUBCASE("a second drop fails with an error message") {
        CHECK(in_child([&] {
                  if (after_drop() != "dropped") return std::string("not dropped");
                  return slips::perform_privileges(plan(true, "1", "1")).value_or("dropped twice");
              }).starts_with("cannot drop root: seteuid: "));
    }
    SUBCASE("if root could be regained, it is an error") {
        CHECK(in_child([] {
                  // as if the last step were missing
                  if (::setegid(someone) != 0 || ::seteuid(someone) != 0) return std::string("no temporary drop");
                  return slips::detail::verify_dropped(someone, someone).value_or("proved");
              }).starts_with("cannot drop root: "));
    }
}
