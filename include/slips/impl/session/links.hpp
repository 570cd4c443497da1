// The two connections on which a session sends commands.
#pragma once

#include "slips/impl/session/old_clients.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

struct Links {
    wire::Pipeline& main;
    wire::Pipeline& cache;
    OldClients& old_clients;
    bool main_up = false;
    bool cache_up = false;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
