// The full-screen view of slipsdev top. With its .cpp the only file of slipsdev that uses ncurses.
#pragma once

#include "slipsdev/watch/sampler.hpp"

namespace slipsdev {

/// Returns whether slipsdev was built with ncurses.
bool has_screen();

/// Shows what `sampler` sees, every `interval` seconds, until the user quits. Returns the exit status. Throws
/// EnvironmentError if the terminal cannot be used.
int show_screen(Sampler& sampler, double interval);

}  // namespace slipsdev
