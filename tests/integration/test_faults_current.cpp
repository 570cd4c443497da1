// Five hundred faults in sequence, or a fifth of them (see faults.hpp). The campaigns of other releases are in files of their
// own, so that they run in parallel.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("current: faults of all kinds lose and duplicate no accepted evidence") {
    integration::endure(integration::Slips::current, 450, integration::Fire::anything);
}

TEST_CASE("current: a Redis that is killed repeatedly loses and duplicates no accepted evidence") {
    integration::endure(integration::Slips::current, 50, integration::Fire::kills);
}
