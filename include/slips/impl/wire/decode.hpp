// Decodes messages: the list of message types, and how the text of each is read, by its table or as plain text.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "slips/detail/decoder.hpp"
#include "slips/generation.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/impl/wire/message_tables.hpp"
#include "slips/impl/wire/table.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

using slips::detail::Messages;
using slips::detail::Types;

/// Fills `message` from a published text. Accepts every form in which Slips has published it, and text of any length and
/// depth. On failure returns false and sets `error`. The payload is borrowed. Keep `parser` for the next message.
template <class M>
bool decode(std::string_view payload, M& message, DecodeError& error, Parser& parser);
template <class M>
bool decode(std::string_view payload, M& message, DecodeError& error) {
    Parser parser;
    return decode(payload, message, error, parser);
}

// clang-format off
// Current Slips wraps a plain text: {"text": …, "version": …}.
struct WrappedText {
    std::string text{};
    std::string version{};
};
inline constexpr std::array wrapped_text_fields{
    required<&WrappedText::text>("text"),
    optional<&WrappedText::version>("version"),
};
inline constexpr Table wrapped_text{.fields = wrapped_text_fields};

inline constexpr std::array raw_flow_fields{optional<&RawFlow::uid>("uid")};
inline constexpr Table raw_flow{.fields = raw_flow_fields, .lenient = true};
inline constexpr std::array envelope_fields{
    object<&Envelope::flow>("flow", raw_flow, false),
    optional<&Envelope::version>("version"),
};
inline constexpr Table envelope{.fields = envelope_fields, .lenient = true};
// clang-format on

// --- the plain texts -----------------------------------------------------------------------------------------

/// Each reads a message of plain text. Returns nullptr, or what was expected. Slips has profiles without an address, of
/// flows whose log names none, such as software.log: an empty text is one.
inline const char* read_ip(std::string_view text, std::string& ip) {
    if (!text.empty() && !is_ip(text)) return "an IP address";
    ip.assign(text);
    return nullptr;
}

/// Reads "profile_<ip><separator>timewindow<N>"; the address may be missing.
inline const char* read_window(std::string_view text, std::string_view separator, std::string& profileid,
                               std::string& twid) {
    constexpr std::string_view prefix = "profile_";
    const char* const expected = separator == "_" ? "profile_<ip>_timewindow<N>" : "profile_<ip>:timewindow<N>";
    const std::size_t at = text.rfind("timewindow");
    if (at == std::string_view::npos || at < prefix.size() + separator.size() || !text.starts_with(prefix) ||
        text.substr(at - separator.size(), separator.size()) != separator ||
        !slips::detail::is_timewindow(text.substr(at)))
        return expected;
    const std::string_view ip = text.substr(prefix.size(), at - separator.size() - prefix.size());
    if (!ip.empty() && !is_ip(ip)) return expected;
    profileid.assign(text.substr(0, at - separator.size()));
    twid.assign(text.substr(at));
    return nullptr;
}

inline const char* read(std::string_view text, NewIp& message) { return read_ip(text, message.ip); }
inline const char* read(std::string_view text, NewProfile& message) { return read_ip(text, message.ip); }
inline const char* read(std::string_view text, IpInfoChange& message) { return read_ip(text, message.ip); }
inline const char* read(std::string_view text, DnsInfoChange& message) {
    message.domain.assign(text);
    return text.empty() ? "a domain" : nullptr;
}
inline const char* read(std::string_view text, NewDomain& message) {
    message.domain.assign(text);
    return text.empty() ? "a domain" : nullptr;
}
inline const char* read(std::string_view text, FinishedModules& message) {
    message.module.assign(text);
    return text.empty() ? "a module's name" : nullptr;
}
inline const char* read(std::string_view text, ControlChannel& message) {
    message.text.assign(text);
    return nullptr;
}
/// Reads "profile_<ip>_timewindow<N>_<uuid>", the form until 1.0.4.
inline const char* read(std::string_view text, NewAlert& message) {
    const std::size_t at = text.rfind('_');
    if (at == std::string_view::npos || at + 1 == text.size() ||
        read_window(text.substr(0, at), "_", message.profileid, message.twid))
        return "profile_<ip>_timewindow<N>_<id>";
    message.id.assign(text.substr(at + 1));
    return nullptr;
}
inline const char* read(std::string_view text, TwClosed& message) {
    return read_window(text, "_", message.profileid, message.twid);
}
inline const char* read(std::string_view text, TwModified& message) {
    return read_window(text, ":", message.profileid, message.twid);
}

// ---------------------------------------------------------------------------------------------------------

template <class M>
bool read_text(std::string_view text, M& message, DecodeError& error) {
    const char* const expected = read(text, message);
    if (!expected) return true;
    error.what = std::string("the text is not ") + expected;
    error.detail = std::string(text.substr(0, 64));
    return false;
}

template <class M>
bool decode(std::string_view payload, M& message, DecodeError& error, Parser& parser) {
    message.payload.borrow(payload);
    if constexpr (requires { table_of(&message); }) {
        static constexpr Table table = table_of(static_cast<const M*>(nullptr));
        if constexpr (requires { read(payload, message); }) {  // earlier releases: plain text
            if (!payload.starts_with('{')) {
                table.clear(&message);
                return read_text(payload, message, error);
            }
        }
        return decode_object(payload, table, &message, error, parser);
    } else {
        std::string_view text = payload;
        WrappedText wrapped;
        if (payload.starts_with('{')) {
            if (!decode_object(payload, wrapped_text, &wrapped, error, parser)) return false;
            text = wrapped.text;
        }
        message.version = std::move(wrapped.version);
        return read_text(text, message, error);
    }
}

/// Accepts any text: a message without a type.
inline bool decode(std::string_view payload, RawMessage& message, Envelope& found, Parser& parser) {
    message.payload.borrow(payload);
    DecodeError ignored;
    envelope.clear(&found);
    if (payload.starts_with('{')) decode_object(payload, envelope, &found, ignored, parser);
    message.version = found.version;
    return true;
}
inline bool decode(std::string_view payload, RawMessage& message, Envelope& found) {
    Parser parser;
    return decode(payload, message, found, parser);
}

/// Returns true if a message without a version is certainly of legacy Slips: its flow is {uid: JSON text} as JSON text (Slips
/// 1.0 has one nesting less), or the whole is plain text. Current Slips stamps every message but one.
inline bool surely_legacy(const NewFlow& message) {
    constexpr std::string_view begin = "\"flow\": \"{\\\"";
    const std::string_view text = message.payload.view();
    const std::size_t at = text.find(begin);
    if (at == std::string_view::npos) return false;
    const std::size_t end_of_uid = text.find('\\', at + begin.size());
    return end_of_uid != std::string_view::npos && text.substr(end_of_uid).starts_with("\\\": \\\"{");
}
inline bool surely_legacy(const ControlChannel&) { return false; }
template <class M>
bool surely_legacy(const M& message) {
    const std::string_view text = message.payload.view();
    // legacy's flows are JSON text and have "stime", where all later ones have "starttime"
    if constexpr (requires { message.flow; })
        return text.find(R"("flow": "{\")") != std::string_view::npos &&
               text.find(R"(\"stime\": )") != std::string_view::npos;
    else return !text.starts_with('{');
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
