// A program that uses slips::yaml.
#include <slips/impl/program/slips_yaml.hpp>

#include <string>

int main() {
    std::string error;
    return slips::detail::slips_yaml_to_json("s: {k: yes}", error) == "{\"s\": {\"k\": true}}" ? 0 : 1;
}
