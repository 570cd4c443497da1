// Keys with foreign content, while flows arrive and connections are cut.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("current: a key with foreign content costs the evidence that belongs to it, and nothing more") {
    integration::endure(integration::Slips::current, 150, integration::Fire::poison);
}

TEST_CASE("legacy: a key with foreign content costs the evidence that belongs to it, and nothing more") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::poison);
}
