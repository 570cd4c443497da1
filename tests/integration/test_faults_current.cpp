// Five hundred faults in sequence, or a fifth of them (see faults.hpp); legacy's are in test_faults_legacy.cpp, so that both files run in parallel.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("current: faults of all kinds lose and duplicate no accepted evidence") {
    integration::endure(integration::Slips::current, 450, integration::Fire::anything);
}

TEST_CASE("current: a Redis that is killed repeatedly loses and duplicates no accepted evidence") {
    integration::endure(integration::Slips::current, 50, integration::Fire::kills);
}

TEST_CASE("1.1.12: faults lose and duplicate no accepted evidence of a message without a version") {
    integration::endure(integration::Slips::current, 150, integration::Fire::anything, "1.1.12");
}
