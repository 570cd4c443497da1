// Faults at moments chosen by chance, while flows come.
#pragma once

#include "host.hpp"

namespace integration {

/// Ends others' connections whose line of CLIENT LIST holds the mark. Returns how many.
int cut(Client& client, const std::string& mark);

/// Plays flows, of each of which the module `detector` makes an evidence, and injects so many faults of all kinds. Then
/// everything that was accepted is acknowledged, stored once and published once, and the module ends by itself, in time.
void endure(Slips generation, int faults);

}  // namespace integration
