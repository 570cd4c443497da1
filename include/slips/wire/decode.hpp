// Text to messages: one table a kind, and which table a channel's message follows.
//
// Sources: slips_files/core/flows/*.py and the publish() calls of Slips 1.1.21; database.py of Slips 0.9.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "slips/message.hpp"
#include "slips/version.hpp"
#include "slips/wire/json.hpp"
#include "slips/wire/table.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Every message type an `on()` may take, RawMessage aside. A new channel is one more name here.
template <class... M>
struct Types {};
using Messages = Types<NewFlow, NewIp, NewProfile, TwClosed, TwModified, IpInfoChange, DnsInfoChange>;

/// Fills `message` from what was published. Takes every form in which Slips has published it, and text of any
/// length and depth. False: `error` says why. The payload is borrowed.
template <class M>
bool decode(std::string_view payload, M& message, DecodeError& error);

// --- the tables --------------------------------------------------------------------------------------------

// clang-format off
inline constexpr std::array conn_fields{
    optional<&Conn::interface>("interface"),
    optional<&Conn::starttime>("starttime"),
    optional<&Conn::uid>("uid"),
    address<&Conn::saddr>("saddr"),
    address<&Conn::daddr>("daddr"),
    optional<&Conn::dur>("dur"),
    optional<&Conn::proto>("proto"),
    optional<&Conn::appproto>("appproto"),
    optional<&Conn::sport>("sport"),
    optional<&Conn::dport>("dport"),
    optional<&Conn::spkts>("spkts"),
    optional<&Conn::dpkts>("dpkts"),
    optional<&Conn::sbytes>("sbytes"),
    optional<&Conn::dbytes>("dbytes"),
    optional<&Conn::state>("state"),
    optional<&Conn::history>("history"),
    optional<&Conn::smac>("smac"),
    optional<&Conn::dmac>("dmac"),
    optional<&Conn::ground_truth_label>("ground_truth_label"),
    optional<&Conn::detailed_ground_truth_label>("detailed_ground_truth_label"),
    optional<&Conn::endtime>("endtime"),
    optional<&Conn::pkts>("pkts"),
    optional<&Conn::bytes>("bytes"),
    optional<&Conn::state_hist>("state_hist"),
    optional<&Conn::aid>("aid"),
    optional<&Conn::dport_name>("dport_name"),
    optional<&Conn::timestamp_human>("timestamp_human"),
    optional<&Conn::interpreted_state>("interpreted_state"),
    optional<&Conn::type>("type_"),
    optional<&Conn::dir>("dir_"),
    optional<&Conn::source>("flow_source"),
    optional<&Conn::label>("label"),
};

// The flow inside a legacy new_flow: other names, and `state` is what Slips made of it.
inline constexpr std::array legacy_conn_fields{
    optional<&Conn::uid>("uid"),
    optional<&Conn::starttime>("ts"),
    optional<&Conn::dur>("dur"),
    address<&Conn::saddr>("saddr"),
    optional<&Conn::sport>("sport"),
    address<&Conn::daddr>("daddr"),
    optional<&Conn::dport>("dport"),
    optional<&Conn::proto>("proto"),
    optional<&Conn::state>("origstate"),
    optional<&Conn::interpreted_state>("state"),
    optional<&Conn::pkts>("pkts"),
    optional<&Conn::bytes>("allbytes"),
    optional<&Conn::spkts>("spkts"),
    optional<&Conn::sbytes>("sbytes"),
    optional<&Conn::appproto>("appproto"),
    optional<&Conn::label>("label"),
    optional<&Conn::type>("flow_type"),
};
inline constexpr Table legacy_conn{.fields = legacy_conn_fields, .uid = &legacy_conn_fields[0]};
inline constexpr Table conn{.fields = conn_fields, .wrapped = &legacy_conn};

inline constexpr std::array new_flow_fields{
    required<&NewFlow::profileid>("profileid"),
    required<&NewFlow::twid>("twid"),
    object<&NewFlow::flow>("flow", conn),
    optional<&NewFlow::stime>("stime"),
    optional<&NewFlow::interpreted_state>("interpreted_state"),
    optional<&NewFlow::label>("label"),
    optional<&NewFlow::version, NewFlow>("version"),
};
inline constexpr Table table_of(const NewFlow*) { return {.fields = new_flow_fields}; }

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

// Of a message without a type: what it is counted and told apart by.
struct RawFlow {
    std::string uid{};
};
struct Envelope {
    RawFlow flow{};
    std::string version{};
};
inline constexpr std::array raw_flow_fields{optional<&RawFlow::uid>("uid")};
inline constexpr Table raw_flow{.fields = raw_flow_fields, .lenient = true};
inline constexpr std::array envelope_fields{
    object<&Envelope::flow>("flow", raw_flow, false),
    optional<&Envelope::version>("version"),
};
inline constexpr Table envelope{.fields = envelope_fields, .lenient = true};
// clang-format on

// --- the plain texts -----------------------------------------------------------------------------------------

/// What a message of plain text makes of it. Nothing, or what was expected.
inline const char* read_ip(std::string_view text, std::string& ip) {
    if (!is_ip(text)) return "an IP address";
    ip.assign(text);
    return nullptr;
}

/// "profile_<ip><separator>timewindow<N>"
inline const char* read_window(std::string_view text, std::string_view separator, std::string& profileid,
                               std::string& twid) {
    constexpr std::string_view prefix = "profile_";
    const std::size_t at = text.rfind("timewindow");
    if (at == std::string_view::npos || at < prefix.size() + separator.size() || !text.starts_with(prefix) ||
        text.substr(at - separator.size(), separator.size()) != separator ||
        !is_ip(text.substr(prefix.size(), at - separator.size() - prefix.size())) ||
        !slips::detail::is_timewindow(text.substr(at)))
        return separator == "_" ? "profile_<ip>_timewindow<N>" : "profile_<ip>:timewindow<N>";
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
inline const char* read(std::string_view text, TwClosed& message) {
    return read_window(text, "_", message.profileid, message.twid);
}
inline const char* read(std::string_view text, TwModified& message) {
    return read_window(text, ":", message.profileid, message.twid);
}

// ---------------------------------------------------------------------------------------------------------

template <class M>
bool decode(std::string_view payload, M& message, DecodeError& error) {
    message.payload.borrow(payload);
    if constexpr (requires { table_of(&message); }) {
        static constexpr Table table = table_of(static_cast<const M*>(nullptr));
        return decode_object(payload, table, &message, error);
    } else {
        std::string_view text = payload;
        WrappedText wrapped;
        if (payload.starts_with('{')) {
            if (!decode_object(payload, wrapped_text, &wrapped, error)) return false;
            text = wrapped.text;
        }
        message.version = std::move(wrapped.version);
        const char* const expected = read(text, message);
        if (!expected) return true;
        error.what = std::string("the text is not ") + expected;
        error.detail = std::string(text.substr(0, 64));
        return false;
    }
}

/// A message without a type is whatever came.
inline bool decode(std::string_view payload, RawMessage& message, Envelope& found) {
    message.payload.borrow(payload);
    DecodeError ignored;
    envelope.clear(&found);
    if (payload.starts_with('{')) decode_object(payload, envelope, &found, ignored);
    message.version = found.version;
    return true;
}

/// Current Slips stamps every message; what carries no stamp may be legacy, and surely is when its flow is
/// {uid: JSON text} as JSON text (Slips 1.0 has one nesting less), or when the whole is plain text.
inline bool surely_legacy(const NewFlow& message) {
    constexpr std::string_view begin = "\"flow\": \"{\\\"";
    const std::string_view text = message.payload.view();
    const std::size_t at = text.find(begin);
    if (at == std::string_view::npos) return false;
    const std::size_t end_of_uid = text.find('\\', at + begin.size());
    return end_of_uid != std::string_view::npos && text.substr(end_of_uid).starts_with("\\\": \\\"{");
}
template <class M>
bool surely_legacy(const M& message) {
    return !message.payload.view().starts_with('{');
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire

namespace slips::inline SLIPS_SDK_ABI {

inline nlohmann::json Message::json() const {
    nlohmann::json parsed = nlohmann::json::parse(payload.view(), nullptr, false);
    if (parsed.is_discarded()) parsed = std::string(payload.view());
    return parsed;
}

}  // namespace slips::inline SLIPS_SDK_ABI
