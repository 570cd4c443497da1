// Errors with which Redis refuses a client, and what to do about them.
#include "slips/impl/wire/refusal.hpp"

#include <doctest/doctest.h>

#include "slips/impl/redis/farewell.hpp"
#include "slips/impl/wire/password.hpp"

TEST_CASE("the remedy follows the first sentence of an error, and other errors stay as they are") {
    using slips::wire::with_remedy;
    CHECK(with_remedy("ERR max number of clients reached") ==
          "ERR max number of clients reached; end other clients, or raise maxclients of Redis");
    CHECK(
        with_remedy("DENIED Redis is running in protected mode because of this. In this mode 1) 2) 3).") ==
        "DENIED Redis is running in protected mode because of this; connect from the machine of Redis, or give Redis a "
        "password");
    CHECK(with_remedy("Can't create socket: Too many open files") ==
          "Can't create socket: Too many open files; raise the limit of open files (ulimit -n)");
    for (const char* const error :
         {"", "Connection refused", "ERR DB index is out of range", "LOADING Redis is loading."})
        CHECK(with_remedy(error) == error);
}

TEST_CASE("a permission that is missing is permanent, a server that is full is not") {
    using slips::wire::refusal_of;
    CHECK(refusal_of("ERR max number of clients reached").is_temporary);
    CHECK(refusal_of("LOADING Redis is loading the dataset in memory").is_temporary);
    CHECK_FALSE(refusal_of("NOPERM No permissions to access a channel").is_temporary);
    CHECK_FALSE(refusal_of("WRONGPASS invalid username-password pair or user is disabled.").is_temporary);
    CHECK_FALSE(refusal_of("").is_temporary);
}

TEST_CASE("protected mode mentions passwords, but is neither about a wrong one nor a Redis without one") {
    constexpr std::string_view denied =
        "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
        "default user.";
    CHECK_FALSE(slips::is_about_password(denied));
    CHECK_FALSE(slips::wants_no_password(denied));
    CHECK_FALSE(slips::is_about_password("ERR DB index is out of range"));
    CHECK(slips::is_about_password("ERR invalid password"));  // before Redis 6
    CHECK(slips::wants_no_password("ERR Client sent AUTH, but no password is set"));
}

TEST_CASE("an alert of TLS is recognised by its first bytes") {
    CHECK(slips::redis::is_tls_alert("\x15\x03\x01"));
    CHECK_FALSE(slips::redis::is_tls_alert("\x15"));
    CHECK_FALSE(slips::redis::is_tls_alert("+OK"));
    CHECK_FALSE(slips::redis::is_tls_alert(""));
}
