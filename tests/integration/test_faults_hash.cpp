// As test_faults_current.cpp, in releases that store evidence in a hash and stamp no messages.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("1.1.12: faults lose and duplicate no accepted evidence of a message without a version") {
    integration::endure(integration::Slips::current, 150, integration::Fire::anything, "1.1.12");
}

TEST_CASE("1.0.14: faults lose and duplicate no accepted evidence in a hash, of flows as text") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::anything, "1.0.14");
}
