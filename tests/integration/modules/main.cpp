// The modules of the integration tests, all in one program. The first argument is the module's name.
#include <cstdio>
#include <cstring>

#include "modules.hpp"

int main(int argc, char** argv) {
    constexpr struct {
        const char* name;
        int (*run)(int, char**);
    } modules[] = {
        {"detector", detector},   {"thrower", thrower},     {"own_type", own_type},     {"raw", raw},
        {"both", both},           {"flows", flows},         {"texts", texts},           {"hooks", hooks},
        {"ticker", ticker},       {"forgetful", forgetful}, {"hasty", hasty},           {"needs_root", needs_root},
        {"asker", asker},         {"scripted", scripted},   {"configured", configured}, {"stumbler", stumbler},
        {"metronome", metronome}, {"sluggard", sluggard},   {"unruly", unruly},         {"counter", counter},
        {"metered", metered}};
    for (const auto& module : modules)
        if (argc > 1 && std::strcmp(argv[1], module.name) == 0) return module.run(argc - 1, argv + 1);
    std::fputs("usage: integration_modules MODULE [option]…\n", stderr);
    return 99;
}
