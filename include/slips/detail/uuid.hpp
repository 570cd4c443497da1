// Random identifiers (RFC 4122, version 4) of evidence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Generates uuid4 texts. Seeded once, shares no state, not thread-safe. The texts are names, not secrets.
class UuidSource {
public:
    /// Seeds it from the system's randomness.
    UuidSource() : engine_(system_seed()) {}

    /// Generates the same texts for the same seed, for tests.
    explicit UuidSource(std::uint64_t seed) : engine_(seed) {}

    /// Returns "xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx" in lower case.
    std::string next();

private:
    static std::mt19937_64 system_seed() {
        // 256 bits, so that the processes of a large deployment do not collide
        std::random_device device;
        std::array<std::uint32_t, 8> words{};
        for (auto& word : words) word = device();
        std::seed_seq seed(words.begin(), words.end());
        return std::mt19937_64(seed);
    }

    std::mt19937_64 engine_;
};

/// Returns true for a uuid4 in its canonical form; capitals are allowed.
constexpr bool is_uuid4(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return text[14] == '4' && std::string_view("89abAB").find(text[19]) != std::string_view::npos;
}

inline std::string UuidSource::next() {
    constexpr char hex[] = "0123456789abcdef";
    std::uint64_t words[2] = {engine_(), engine_()};
    words[0] = (words[0] & ~std::uint64_t{0xf000}) | 0x4000;                     // the version
    words[1] = (words[1] & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;  // the variant
    std::string text(36, '-');
    std::size_t at = 0;
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
        text[at++] = hex[words[nibble / 16] >> (60 - nibble % 16 * 4) & 0xf];
    }
    return text;
}

}  // namespace slips::inline SLIPS_SDK_ABI
