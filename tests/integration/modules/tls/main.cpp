// Two of the modules as a separate program that links slips::tls. The first argument is the module's name.
#include "../modules.hpp"

#include <string_view>

int main(int argc, char** argv) {
    const std::string_view name = argc > 1 ? argv[1] : "";
    return name == "asker" ? asker(argc - 1, argv + 1) : detector(argc - 1, argv + 1);
}
