// Faults at moments chosen by chance, while flows come.
#pragma once

#include "host.hpp"

namespace integration {

/// Ends others' connections whose line of CLIENT LIST holds the mark. Returns how many.
int cut(Client& client, const std::string& mark);

/// What happens to a module. `kills`: the server itself is killed and started again, over and over. `poison`: keys come to hold
/// something else than Slips writes there, while connections are cut. `anything`: all that is neither.
enum class Fire { anything, kills, poison };

/// Plays flows, of each of which the module `detector` makes an evidence, until so many faults have hit it. Then everything
/// that was accepted is acknowledged, stored once and published once, and the module ends in time; of what belongs to a
/// poisoned key, everything else.
void endure(Slips generation, int faults, Fire fire);

}  // namespace integration
