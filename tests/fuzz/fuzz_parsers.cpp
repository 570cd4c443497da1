// Both JSON parsers read the same values from any text on any channel, or both refuse it. Input: the channel, a line break, the
// payload.
#include "../simdjson/decoded.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view payload = fuzz::text_of(data, size);
    const std::string_view channel = fuzz::take_line(payload);
    const std::string by_nlohmann = decoded_by_nlohmann(channel, payload);
    const std::string by_simdjson = decoded_by_simdjson(channel, payload);
    fuzz::expect(by_nlohmann == by_simdjson, "nlohmann_json and simdjson differ", by_nlohmann, by_simdjson);
    return 0;
}
