// A program that uses slips::tls.
#include <slips/impl/redis/tls.hpp>

#include <string>

int main() {
    std::string error;
    const auto trusting_the_system = slips::redis::Tls::trusting("", error);
    return trusting_the_system && !slips::redis::Tls::trusting("/nowhere", error) ? 0 : 1;
}
