// Decodes messages in tests of the wire formats.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "slips/impl/wire/decode.hpp"

namespace slips_test {

/// Returns the message; fails the test if it does not decode.
template <class M>
M decoded(std::string_view payload) {
    M message;
    slips::wire::DecodeError error;
    const bool good = slips::wire::decode(payload, message, error);
    CAPTURE(std::string(payload));
    CAPTURE(error.what);
    REQUIRE(good);
    return M(message);  // the copy owns its payload, which may be a temporary here
}

/// Returns why the message, or an optional field of it, does not decode; empty if all does.
template <class M>
std::string fault(std::string_view payload) {
    M message;
    slips::wire::DecodeError error;
    if (!slips::wire::decode(payload, message, error)) return error.what;
    return error.left_out.empty() ? "" : "left out: " + error.left_out.front();
}

}  // namespace slips_test
