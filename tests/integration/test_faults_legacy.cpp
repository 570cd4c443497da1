// Five hundred faults in sequence, or a fifth of them (see faults.hpp); current's are in test_faults_current.cpp, so that both files run in parallel.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("legacy: faults of all kinds lose and duplicate no accepted evidence") {
    integration::endure(integration::Slips::legacy, 450, integration::Fire::anything);
}

TEST_CASE("legacy: a Redis that is killed repeatedly loses and duplicates no accepted evidence") {
    integration::endure(integration::Slips::legacy, 50, integration::Fire::kills);
}

TEST_CASE("1.0.10: faults lose and duplicate no accepted evidence in an object by id") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::anything, "1.0.10");
}

TEST_CASE("1.0.10: a module among faults overwrites no evidence of another one, which writes without WATCH") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::beside, "1.0.10");
}

TEST_CASE("1.0.14: faults lose and duplicate no accepted evidence in a hash, of flows as text") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::anything, "1.0.14");
}
