// Five hundred faults, one after the other; the other half is in test_faults_legacy.cpp, so that both run at a time.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("current: of what was accepted, four hundred and fifty faults of all kinds lose and double nothing") {
    integration::endure(integration::Slips::current, 450, integration::Fire::anything);
}

TEST_CASE("current: of what was accepted, a Redis that is killed again and again loses and doubles nothing") {
    integration::endure(integration::Slips::current, 50, integration::Fire::kills);
}
