// Which process of a module handles a message: found in its bytes, without decoding it.
//
// It depends on the message and the number of processes only, so all processes agree about each message, whatever it contains.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "slips/evidence.hpp"
#include "slips/ip.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

/// Returns the number of the process, 1..count, that handles the message: by the address of its profile, or 1 if it names
/// none.
int owner_of(std::string_view payload, int count);

/// Returns the address of the profile that a message is about, as its text; empty if none is found. In this order:
/// `profileid`; `profile.ip` (evidence and alerts); `text`, or the whole message if it is text: "profile_<ip>…" or an address;
/// `flow.saddr` and `saddr` (software, whose Context has this profile); `ip` (blocking). Only keys of the message itself count,
/// so text from the network within a flow, or keys of a nested object, change nothing. `unescaped` holds the text if it contains
/// escapes, which Slips never writes there.
std::string_view profile_address(std::string_view payload, std::string& unescaped);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Returns where the first character is for which `is_wanted` returns true, or the end. Reads eight characters at a time:
/// `wanted` gets them, and returns a word in which the lowest bit that is set is the highest one of such a character.
template <class Word, class Character>
const char* find_character(const char* at, const char* end, Word wanted, Character is_wanted) {
    if constexpr (std::endian::native == std::endian::little) {
        for (; end - at >= 8; at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, at, sizeof word);
            if (const std::uint64_t found = wanted(word); found != 0) return at + std::countr_zero(found) / 8;
        }
    }
    while (at != end && !is_wanted(*at)) ++at;
    return at;
}

/// Returns `character` in each of the eight bytes.
constexpr std::uint64_t eight(char character) {
    return 0x0101010101010101 * static_cast<std::uint64_t>(static_cast<unsigned char>(character));
}
/// Returns the highest bit of each byte that is zero; of those above the lowest one, some may be wrong.
constexpr std::uint64_t zeros_in(std::uint64_t word) { return (word - eight('\x01')) & ~word & eight('\x80'); }

/// Returns the first '"' or '\\', or the end.
inline const char* find_quote(const char* at, const char* end) {
    return find_character(
        at, end, [](std::uint64_t word) { return zeros_in(word ^ eight('"')) | zeros_in(word ^ eight('\\')); },
        [](char c) { return c == '"' || c == '\\'; });
}

/// Returns the first '"' or bracket, or the end. Others with the same bits as brackets ('y'…) are returned as well.
inline const char* find_structure(const char* at, const char* end) {
    constexpr char common = 0x7f;  // "[]{}" with the bits in which they differ
    constexpr char differs = 0x26;
    return find_character(
        at, end,
        [](std::uint64_t word) {
            return zeros_in(word ^ eight('"')) | zeros_in((word | eight(differs)) ^ eight(common));
        },
        [](char c) { return c == '"' || (c | differs) == common; });
}

/// Returns the end of the string whose first character is `at`, behind its quotation mark; nullptr: it does not end.
inline const char* string_end(const char* at, const char* end) {
    for (;;) {
        at = find_quote(at, end);
        if (at == end) return nullptr;
        if (*at == '"') return at + 1;
        if (end - at < 2) return nullptr;
        at += 2;
    }
}

/// Reads the keys of a JSON object one by one, and no value that is not asked for. Text that is no JSON ends it early.
class ObjectKeys {
public:
    explicit ObjectKeys(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
        skip_blanks();
        if (!take('{')) at_ = end_;
    }

    /// Moves to the next key. Returns false at the end.
    bool next() {
        if (value_ && !skip_value()) return false;
        value_ = nullptr;
        skip_blanks();
        take(',');
        skip_blanks();
        if (!take('"')) return false;
        const char* const begin = at_;
        at_ = string_end(begin, end_);
        if (!at_) return false;
        key_ = {begin, static_cast<std::size_t>(at_ - begin) - 1};
        skip_blanks();
        if (!take(':')) return false;
        skip_blanks();
        value_ = at_;
        return at_ != end_;
    }
    /// Goes on behind the last nested object, if only members with texts and numbers come after it and `key` is one of them:
    /// several times faster than next(), which reads what it skips. Has no effect otherwise. In valid JSON this cannot be
    /// mistaken: if that bracket is part of a text, an odd number of quotation marks follows, and the last text does not end.
    void skip_to_last(std::string_view key) {
        const std::string_view all = rest();
        const std::size_t end = all.find_last_not_of(" \t\r\n");
        if (end == std::string_view::npos || end == 0 || all[end] != '}') return;
        const std::size_t nested = all.rfind('}', end - 1);
        if (nested == std::string_view::npos) return;
        ObjectKeys last(all.data() + nested + 1, all.data() + end + 1);
        bool is_there = false;
        while (last.next()) {
            if (*last.value_ == '{' || *last.value_ == '[') return;
            is_there = is_there || last.key_ == key;
        }
        if (!is_there || last.at_ != all.data() + end) return;
        at_ = all.data() + nested + 1;
        value_ = nullptr;
    }
    /// Returns the key, with its escapes.
    std::string_view key() const { return key_; }
    /// Returns everything from the value of this key on.
    std::string_view rest() const { return {value_, static_cast<std::size_t>(end_ - value_)}; }

private:
    /// Begins behind a member of an object.
    ObjectKeys(const char* at, const char* end) : at_(at), end_(end) {}

    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }
    bool take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    static bool is_of_word(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
               c == '.';
    }
    bool skip_value() {
        if (at_ == end_) return false;
        if (*at_ == '"') return (at_ = string_end(at_ + 1, end_)) != nullptr;
        if (*at_ != '{' && *at_ != '[') {  // a number, true…
            while (at_ != end_ && is_of_word(*at_)) ++at_;
            return true;
        }
        for (std::size_t depth = 0;;) {
            at_ = find_structure(at_, end_);
            if (at_ == end_) return false;
            switch (*at_++) {
                case '"':
                    at_ = string_end(at_, end_);
                    if (!at_) return false;
                    break;
                case '{':
                case '[': ++depth; break;
                case '}':
                case ']':
                    if (--depth == 0) return true;
                    break;
                default: break;
            }
        }
    }

    const char* at_;
    const char* end_;
    std::string_view key_{};
    const char* value_ = nullptr;
};

/// Returns the string that `text` begins with; empty if it begins with another value. Escapes are kept.
inline std::string_view leading_string(std::string_view text) {
    if (!text.starts_with('"')) return {};
    const char* const begin = text.data() + 1;
    const char* const end = string_end(begin, text.data() + text.size());
    return end ? std::string_view(begin, static_cast<std::size_t>(end - begin) - 1) : std::string_view();
}

/// Resolves the escapes of a string.
inline std::string_view unescape(std::string_view text, std::string& unescaped) {
    if (text.find('\\') == std::string_view::npos) return text;
    const auto value = nlohmann::json::parse('"' + std::string(text) + '"', nullptr, false);
    if (!value.is_string()) return {};
    unescaped = value.get_ref<const std::string&>();
    return unescaped;
}

/// Returns the string under a key of an object; empty if there is none.
inline std::string_view string_in(std::string_view object, std::string_view key, std::string& unescaped) {
    for (ObjectKeys keys(object); keys.next();)
        if (keys.key() == key) return unescape(leading_string(keys.rest()), unescaped);
    return {};
}

/// Returns the address in "profile_<ip>", "profile_<ip>_timewindow<N>…", "profile_<ip>:timewindow<N>" or "<ip>".
inline std::string_view address_in_text(std::string_view text) {
    if (!text.starts_with("profile_")) return is_ip(text) ? text : std::string_view();
    text = slips::detail::ip_of_profile(text);
    const std::size_t window = text.find("timewindow");
    if (window == std::string_view::npos) return text;
    return text.substr(0, window == 0 ? 0 : window - 1);
}

/// FNV-1a, and the finalizer of MurmurHash3: of the first alone, the lowest bits depend on few bits of the text. Part of
/// the contract between processes, which may be of different builds.
inline std::uint64_t hash_of(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
    return hash ^ (hash >> 33);
}

}  // namespace detail

inline std::string_view profile_address(std::string_view payload, std::string& unescaped) {
    using namespace detail;
    const std::size_t begin = payload.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || payload[begin] != '{') return address_in_text(payload);
    std::string_view text;
    std::string_view flow;
    std::string_view saddr;
    std::string_view ip;
    std::string of_key;
    for (ObjectKeys keys(payload); keys.next();) {
        const std::string_view key = unescape(keys.key(), of_key);
        if (key == "profileid") {
            if (const std::string_view found = leading_string(keys.rest()); !found.empty())
                return slips::detail::ip_of_profile(unescape(found, unescaped));
        } else if (key == "profile") {
            if (const std::string_view found = string_in(keys.rest(), "ip", unescaped); !found.empty()) return found;
        } else if (key == "text") {
            text = keys.rest();
        } else if (key == "flow" || key == "sw_flow") {
            flow = keys.rest();
            keys.skip_to_last("profileid");
        } else if (key == "saddr") {
            saddr = keys.rest();
        } else if (key == "ip") {
            ip = keys.rest();
        }
    }
    if (const auto found = address_in_text(unescape(leading_string(text), unescaped)); !found.empty()) return found;
    if (const auto found = string_in(flow, "saddr", unescaped); !found.empty()) return found;
    if (const auto found = unescape(leading_string(saddr), unescaped); !found.empty()) return found;
    return slips::detail::ip_of_profile(unescape(leading_string(ip), unescaped));
}

inline int owner_of(std::string_view payload, int count) {
    std::string unescaped;
    std::string_view address = profile_address(payload, unescaped);
    if (address.empty()) return 1;
    // one profile, however the address is written: a module may keep its state by slips::IpAddress
    char bytes[16];
    if (address.find(':') != std::string_view::npos) {
        if (const auto parsed = parse_ip(address)) {
            std::memcpy(bytes, parsed->bytes.data(), sizeof bytes);
            address = {bytes, sizeof bytes};
        }
    }
    return 1 + static_cast<int>(detail::hash_of(address) % static_cast<std::uint64_t>(count));
}

}  // namespace slips::inline SLIPS_SDK_ABI::wire
