// Faults at moments chosen by chance, while flows come.
#pragma once

#include "host.hpp"

namespace integration {

/// Ends others' connections whose line of CLIENT LIST holds the mark. Returns how many.
int cut(Client& client, const std::string& mark);

/// Plays flows, of each of which the module `detector` makes an evidence, until so many faults have hit it. Then everything
/// that was accepted is acknowledged, stored once and published once, and the module ends in time. With `kills` the server
/// itself is killed and started again, over and over; without, everything else happens to it.
void endure(Slips generation, int faults, bool kills);

}  // namespace integration
