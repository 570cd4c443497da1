// Returns how often the program allocated memory with new. Not available under sanitizers, which have their own new.
#pragma once

#include <cstddef>
#include <optional>

std::optional<std::size_t> allocations_so_far();
