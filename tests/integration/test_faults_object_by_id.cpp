// As test_faults_current.cpp, in a release that stores evidence in an object by id.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("1.0.10: faults lose and duplicate no accepted evidence in an object by id") {
    integration::endure(integration::Slips::legacy, 150, integration::Fire::anything, "1.0.10");
}
