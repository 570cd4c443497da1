// Decoder: from the text of a message to the message. Implemented in impl/wire/decode.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slips/detail/decode_error.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace wire {

/// The flow of a message without a type, as far as it is known.
struct RawFlow {
    std::string uid{};  ///< empty if there is none
};

/// What is known of a message without a type.
struct Envelope {
    RawFlow flow{};         ///< under "flow"
    std::string version{};  ///< stamped by Slips 1.1.20 and newer
};

class Parser;

}  // namespace wire

namespace detail {

/// What a session must know about a decoded message. Valid until the next one is decoded.
struct Received {
    std::string_view version{};  ///< stamped by Slips 1.1.20 and newer, or empty
    std::string_view uid{};      ///< of the flow it is about, or empty
    bool surely_legacy = false;  ///< only Slips up to 1.1.1 writes this form
    bool is_other_generations =
        false;  ///< the message that the other generation publishes on that channel: not handled
};

/// Decodes messages one at a time; keeps the parser's memory for the next one.
class Decoder {
public:
    SLIPS_SDK_DECL Decoder();

    /// Fills `message` from what was published. Returns nullopt and sets `error` if it is not such a message.
    template <class M>
    std::optional<Received> decode(std::string_view payload, M& message, wire::DecodeError& error);

    /// Fills a message of a channel without a type: any text is one.
    SLIPS_SDK_DECL Received decode_raw(std::string_view payload, RawMessage& message);

private:
    std::shared_ptr<wire::Parser> parser_;  // shared_ptr, since Parser is incomplete here
    wire::Envelope envelope_{};
};

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
