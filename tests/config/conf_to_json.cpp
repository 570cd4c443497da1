// Prints what the SDK reads in files like slips.conf: one line per file, its JSON or the error.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "slips/impl/program/slips_conf.hpp"

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        std::string error;
        std::cout << slips::detail::slips_conf_to_json(text, error).value_or(error) << '\n';
    }
}
