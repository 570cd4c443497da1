// As test_faults_current.cpp, in Slips of June 2022.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("legacy: faults of all kinds lose and duplicate no accepted evidence") {
    integration::endure(integration::Slips::legacy, 450, integration::Fire::anything);
}

TEST_CASE("legacy: a Redis that is killed repeatedly loses and duplicates no accepted evidence") {
    integration::endure(integration::Slips::legacy, 50, integration::Fire::kills);
}
