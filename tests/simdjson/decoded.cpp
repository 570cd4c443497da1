// Compiled twice, with and without SLIPS_SDK_SIMDJSON.
#include "decoded.hpp"

#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/encode.hpp"

namespace {

using slips::Generation;
namespace wire = slips::wire;

template <class M>
void add(std::string& out, std::string_view channel, std::string_view payload, wire::Parser& parser) {
    if (slips::channel_of<M>(Generation::current) != channel && slips::channel_of<M>(Generation::legacy) != channel)
        return;
    M message;
    wire::DecodeError error;
    if (!wire::decode(payload, message, error, parser)) {
        out += "refused\n";
        return;
    }
    for (const Generation generation : {Generation::current, Generation::legacy})
        out += wire::encode(message, generation) + "\n";
}

template <class... M>
std::string all(wire::Types<M...>, std::string_view channel, std::string_view payload) {
    wire::Parser parser;  // one for all messages, as in a module
    std::string out;
    (add<M>(out, channel, payload, parser), ...);
    return out;
}

}  // namespace

#ifdef SLIPS_SDK_SIMDJSON
std::string decoded_by_simdjson(std::string_view channel, std::string_view payload) {
#else
std::string decoded_by_nlohmann(std::string_view channel, std::string_view payload) {
#endif
    return all(wire::Messages(), channel, payload);
}
