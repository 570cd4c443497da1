// Anything that a Redis server may send yields the same replies, in whatever pieces it arrives. Input: bytes of RESP.
#include "fuzz.hpp"
#include "slips/impl/redis/reader.hpp"

namespace {

using slips::wire::Reply;

void write(const Reply& reply, std::string& out, int depth) {
    out += std::to_string(static_cast<int>(reply.kind)) + ":" + std::to_string(reply.integer) + ":" +
           std::string(reply.text);
    if (depth > 8) return;
    out += '[';
    for (std::size_t i = 0; i < reply.size; ++i) write(reply[i], out, depth + 1);
    out += ']';
}

/// Returns all replies as text; feeds the given number of bytes at a time.
std::string replies(std::string_view bytes, std::size_t piece) {
    slips::redis::Reader reader;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const std::string_view part = bytes.substr(at, piece);
        if (!reader.feed(part.data(), part.size())) return out += "broken";
        for (bool more = true; more;) {
            const Reply* reply = nullptr;
            switch (reader.next(reply)) {
                case slips::redis::Reader::Next::reply: write(*reply, out, 0); break;
                case slips::redis::Reader::Next::none: more = false; break;
                case slips::redis::Reader::Next::broken: return out += "broken";
            }
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    const std::string whole = replies(bytes, size + 1);
    for (const std::size_t piece : {1U, 3U, 7U, 64U}) {
        const std::string found = replies(bytes, piece);
        fuzz::expect(found == whole, "other pieces, other replies", whole, found);
    }
    return 0;
}
