// Five hundred faults, one after the other; the other half is in test_faults_legacy.cpp, so that both run at a time.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("current: of what was accepted, five hundred faults of all kinds lose and double nothing") {
    integration::endure(integration::Slips::current, 500);
}
