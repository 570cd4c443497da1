#include "slipsdev/flows/conn_state.hpp"

#include <slips/ip.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace slipsdev {
namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool is_one_of(std::string_view state, std::initializer_list<std::string_view> names, bool anywhere) {
    for (const std::string_view name : names) {
        if (anywhere ? contains(state, name) : state == name) return true;
    }
    return false;
}

}  // namespace

std::string interpreted_state(std::string_view state, double packets, const StateWords& words) {
    const std::string established(words.established);
    const std::string not_established(words.not_established);
    // Suricata
    if (contains(state, "new") || contains(state, "established")) return established;
    if (contains(state, "closed")) return not_established;
    // Zeek
    const bool anywhere = words.match_anywhere;
    if (is_one_of(state, {"S0", "REJ", "RSTOS0", "RSTRH", "SH", "SHR"}, anywhere)) return not_established;
    if (is_one_of(state, {"S1", "SF", "S2", "S3", "RSTO", "RSTP", "OTH"}, anywhere)) return established;
    // Argus: flags of the source, "_", flags of the destination
    const std::size_t bar = state.find('_');
    const std::string_view source = state.substr(0, bar);
    if (bar != std::string_view::npos) {
        std::string_view destination = state.substr(bar + 1);
        destination = destination.substr(0, destination.find('_'));
        if (contains(source, "S") && contains(source, "A") && contains(destination, "S") &&
            contains(destination, "A")) {
            return established;
        }
        if (contains(source, "PA") && contains(destination, "PA")) return established;
        if (contains(source, "ECO")) return "ICMP Echo";
        if (contains(source, "ECR")) return "ICMP Reply";
        if (contains(source, "URH")) return "ICMP Host Unreachable";
        if (contains(source, "URP")) return "ICMP Port Unreachable";
        return not_established;
    }
    // One word: ICMP, or no reply
    for (const std::string_view word : {"ECO", "UNK", "CON"}) {
        if (contains(source, word)) return established;
    }
    if (contains(source, "INT")) return not_established;
    if (contains(source, "EST")) return established;
    if (contains(source, "RST") || contains(source, "FIN")) return packets <= 3 ? not_established : established;
    return not_established;
}

std::optional<std::string> normal_address(std::string_view text) {
    const auto address = slips::parse_ip(text);
    if (!address) return std::nullopt;
    if (address->family == slips::IpFamily::v4) return std::string(text);  // has only one form
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i] = static_cast<unsigned>(address->bytes[2 * i]) << 8 | address->bytes[2 * i + 1];
    }
    // The longest run of zeros, if it is longer than one, becomes "::".
    std::size_t run_begin = groups.size();
    std::size_t run_length = 1;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) ++end;
        if (end - i > run_length) {
            run_begin = i;
            run_length = end - i;
        }
    }
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == run_begin) {
            out += "::";
            i += run_length - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        bool leading = true;
        for (int shift = 12; shift >= 0; shift -= 4) {
            const unsigned digit = groups[i] >> shift & 0xFu;
            if (leading && digit == 0 && shift > 0) continue;
            leading = false;
            out += digits[digit];
        }
    }
    if (const std::size_t scope = text.find('%'); scope != std::string_view::npos) out += text.substr(scope);
    return out;
}

}  // namespace slipsdev
