// Faults at random moments, while flows arrive.
#pragma once

#include <string>

#include "host.hpp"

namespace integration {

/// Ends the other connections whose line of CLIENT LIST contains the mark. Returns how many.
int cut(Client& client, const std::string& mark);

/// The kind of faults. `kills`: the server itself is killed and restarted repeatedly. `poison`: keys get other types than
/// Slips', while connections are cut. `anything`: all other faults. `beside`: the same, while another module writes evidence
/// into the same windows as Slips before 1.0.11 does, which reads and writes an object without WATCH: it may overwrite what
/// the module has written between, and the module must not overwrite its evidence.
enum class Fire { anything, kills, poison, beside };

/// Publishes flows, for each of which the module `detector` sets evidence, until this many faults have hit it. Then checks
/// that all accepted evidence, except that of a poisoned key, is acknowledged, stored once and published once, and that the
/// module ends in time. Without SLIPS_SDK_LONG_TESTS, a fifth of the faults is enough. `release`: of Slips; empty: that of the
/// generation.
void endure(Slips generation, int faults, Fire fire, const std::string& release = {});

}  // namespace integration
