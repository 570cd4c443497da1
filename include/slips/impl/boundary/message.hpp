// Decoder, and Message::json().
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "slips/detail/decoder.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/mended_json.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

SLIPS_SDK_DECL Decoder::Decoder() : parser_(std::make_shared<wire::Parser>()) {}

template <class M>
std::optional<Received> Decoder::decode(std::string_view payload, M& message, wire::DecodeError& error) {
    if (!wire::decode(payload, message, error, *parser_)) return std::nullopt;
    Received received{.version = message.version};
    if constexpr (requires { message.flow.uid; }) received.uid = message.flow.uid;
    received.surely_legacy = message.version.empty() && wire::surely_legacy(message);
    return received;
}

SLIPS_SDK_DECL Received Decoder::decode_raw(std::string_view payload, RawMessage& message) {
    wire::decode(payload, message, envelope_, *parser_);
    return {.version = envelope_.version, .uid = envelope_.flow.uid};
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail

namespace slips::inline SLIPS_SDK_ABI {

SLIPS_SDK_DECL nlohmann::json Message::json() const {
    nlohmann::json parsed = wire::parse_value(payload.view());
    if (parsed.is_discarded())
        if (const auto mended = wire::mended_json(payload.view())) parsed = wire::parse_value(*mended);
    if (parsed.is_discarded()) parsed = std::string(payload.view());
    return parsed;
}

}  // namespace slips::inline SLIPS_SDK_ABI
