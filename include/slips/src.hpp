// The implementation of the SDK. In header-only mode slips.hpp includes it. With SLIPS_SDK_SEPARATE_COMPILATION defined for
// the whole program, exactly one translation unit includes it:
//
//   g++ -std=c++20 -O2 -DSLIPS_SDK_SEPARATE_COMPILATION -I include -c src/runtime.cpp -o slips.o
//   g++ -std=c++20 -O2 -DSLIPS_SDK_SEPARATE_COMPILATION -I include module.cpp slips.o -lhiredis
#pragma once

#include <tuple>

#include "slips/impl/program/run_program.hpp"
#include "slips/impl/session/module.hpp"
#include "slips/impl/wire/config.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/queries.hpp"
#include "slips/impl/wire/stats.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_SEPARATE_COMPILATION
#include "slips/impl/testing/harness.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Addresses of the templates that other translation units call, for each message type: the compiler emits what they name.
template <class... M>
auto instantiate(Types<M...>) {
    return std::tuple{&Decoder::decode<M>..., &testing::detail::encode<M>...};
}
template auto instantiate(Messages);

}  // namespace slips::inline SLIPS_SDK_ABI::detail
#endif
