// Any text on any channel, of both generations. Input: the channel, a line break, the payload.
#include "fuzz.hpp"

#include <string>
#include <string_view>

#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/encode.hpp"
#include "slips/impl/wire/owner.hpp"

namespace {

using slips::Generation;
namespace wire = slips::wire;

template <class M>
std::string texts(const M& message) {
    return wire::encode(message, Generation::current) + "\n" + wire::encode(message, Generation::legacy);
}

/// Returns whether the text of `message` can be read: an object holds any texts, plain text only well-formed ones.
template <class M>
bool is_readable(const M& message, const std::string& encoded) {
    if (encoded.starts_with('{')) return true;
    bool readable = true;
    if constexpr (requires {
                      message.profileid;
                      message.twid;
                  }) {
        std::string profileid;
        std::string twid;
        readable = !wire::read_window(message.profileid + "_" + message.twid, "_", profileid, twid);
    }
    if constexpr (requires { message.correl_ids; })
        readable = readable && !message.id.empty() && message.id.find('_') == std::string::npos;
    return readable;
}

/// The process that handles a message is that of its profile, which is found without decoding it.
template <class M>
void expect_owner(const M& message, std::string_view encoded) {
    if constexpr (requires { message.profileid; }) {
        if (message.profileid.empty()) return;
        std::string unescaped;
        const std::string_view found = wire::profile_address(encoded, unescaped);
        fuzz::expect(found == slips::detail::ip_of_profile(message.profileid), "the profile is another", encoded,
                     found);
    }
}

template <class M>
void decode_as(std::string_view channel, std::string_view payload, wire::Parser& parser) {
    if (slips::channel_of<M>(Generation::current) != channel && slips::channel_of<M>(Generation::legacy) != channel)
        return;
    static M reused;  // reused as in a module: nothing of the previous message may remain
    M fresh;
    wire::DecodeError error;
    wire::DecodeError again;
    const bool good = wire::decode(payload, fresh, error, parser);
    fuzz::expect(good == wire::decode(payload, reused, again, parser), "decoded once and not twice");
    fuzz::expect(good == error.what.empty(), "an error is reported if and only if there is one", error.what);
    fuzz::expect(error.what == again.what, "the same error each time", error.what, again.what);
    if (!good) return;
    const std::string found = texts(fresh);
    fuzz::expect(found == texts(reused), "something of the message before is left", found, texts(reused));
    M copy;
    {
        const std::string gone(payload);
        M short_lived;
        wire::decode(gone, short_lived, error, parser);
        copy = short_lived;
    }
    fuzz::expect(found == texts(copy), "a copy is another", found, texts(copy));
    fuzz::expect(copy.payload.view() == payload, "a copy does not own its payload");
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        if (slips::channel_of<M>(generation) != channel) continue;
        const std::string encoded = wire::encode(fresh, generation);
        if (!is_readable(fresh, encoded)) continue;
        M returned;
        fuzz::expect(wire::decode(encoded, returned, error, parser), "what is encoded can be decoded", encoded,
                     error.what);
        const std::string once_more = wire::encode(returned, generation);
        fuzz::expect(once_more == encoded, "what is decoded again is the same", encoded, once_more);
        expect_owner(returned, encoded);
    }
    wire::surely_legacy(fresh);
}

template <class... M>
void decode_all(wire::Types<M...>, std::string_view channel, std::string_view payload) {
    static wire::Parser parser;
    (decode_as<M>(channel, payload, parser), ...);
    slips::RawMessage raw;
    wire::Envelope envelope;
    wire::decode(payload, raw, envelope, parser);
    fuzz::expect(raw.payload.view() == payload, "a raw message is what came");
    for (const int count : {1, 3, 64}) {
        const int owner = wire::owner_of(payload, count);
        fuzz::expect(owner >= 1 && owner <= count && owner == wire::owner_of(std::string(payload), count),
                     "each message has one owner");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view payload = fuzz::text_of(data, size);
    const std::string_view channel = fuzz::take_line(payload);
    decode_all(wire::Messages(), channel, payload);
    return 0;
}
