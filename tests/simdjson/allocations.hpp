// How often memory was allocated with new, in the whole program. Not under sanitizers, which have a new of their own.
#pragma once

#include <cstddef>
#include <optional>

std::optional<std::size_t> allocations_so_far();
