// As test_faults_current.cpp, while another module writes into the same objects without WATCH.
#include "faults.hpp"

#include <doctest/doctest.h>

TEST_CASE("1.0.10: a module among faults overwrites no evidence of another one, which writes without WATCH") {
    integration::endure(integration::Slips::legacy, 75, integration::Fire::beside, "1.0.10");
}
