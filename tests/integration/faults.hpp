// Faults at random moments, while flows arrive.
#pragma once

#include "host.hpp"

namespace integration {

/// Ends the other connections whose line of CLIENT LIST contains the mark. Returns how many.
int cut(Client& client, const std::string& mark);

/// The kind of faults. `kills`: the server itself is killed and restarted repeatedly. `poison`: keys get other types than
/// Slips', while connections are cut. `anything`: all other faults.
enum class Fire { anything, kills, poison };

/// Publishes flows, for each of which the module `detector` sets evidence, until this many faults have hit it. Then checks
/// that all accepted evidence, except that of a poisoned key, is acknowledged, stored once and published once, and that the
/// module ends in time. Without SLIPS_SDK_LONG_TESTS, a fifth of the faults is enough.
void endure(Slips generation, int faults, Fire fire);

}  // namespace integration
