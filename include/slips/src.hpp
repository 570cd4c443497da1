// The implementation of the SDK. In header-only mode slips.hpp includes it. With SLIPS_SDK_SEPARATE_COMPILATION defined for
// the whole program, exactly one translation unit includes it:
//
//   g++ -std=c++20 -O2 -DSLIPS_SDK_SEPARATE_COMPILATION -I include -c src/runtime.cpp -o slips.o
//   g++ -std=c++20 -O2 -DSLIPS_SDK_SEPARATE_COMPILATION -I include module.cpp slips.o -lhiredis
#pragma once

#include <string_view>
#include <tuple>

#include "slips/impl/boundary/config.hpp"
#include "slips/impl/boundary/message.hpp"
#include "slips/impl/boundary/module.hpp"
#include "slips/impl/boundary/queries.hpp"
#include "slips/impl/boundary/run.hpp"
#include "slips/impl/boundary/stats.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_SEPARATE_COMPILATION
#include "slips/impl/boundary/harness.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Addresses of the templates that other translation units call, for each message type: the compiler emits what they name.
template <class... M>
auto instantiate(Types<M...>) {
    return std::tuple{&Decoder::decode<M>..., &testing::detail::encode<M>...};
}
template auto instantiate(Messages);

}  // namespace slips::inline SLIPS_SDK_ABI::detail

namespace slips::inline SLIPS_SDK_ABI {
template bool ModuleBase::publish_text<detail::Messages>(std::string_view channel, std::string_view text);
}  // namespace slips::inline SLIPS_SDK_ABI
#endif
