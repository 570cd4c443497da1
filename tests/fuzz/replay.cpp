// A fuzz target without libFuzzer: runs every file in the given folders, as a test. The first failure ends it;
// a folder without files fails as well.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz.hpp"

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        std::size_t files = 0;
        if (std::filesystem::is_directory(argv[i]))
            for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
                std::ifstream in(entry.path(), std::ios::binary);
                const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
                std::fprintf(stderr, "%s\n", entry.path().c_str());
                LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
                ++files;
            }
        std::printf("%zu files in %s\n", files, argv[i]);
        if (files == 0) return 1;
    }
    return argc > 1 ? 0 : 1;
}
