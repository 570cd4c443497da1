// Any text from the network: slips::printable() returns one line without words on which Slips acts, cursor movement or text
// reversal, which both generations accept as a description. Input: the text.
#include <array>

#include "fuzz.hpp"
#include "slips/evidence.hpp"
#include "slips/text.hpp"

namespace {

/// Some versions of Slips treat these as orders to their output process, wherever they stand in a line.
constexpr std::array<std::string_view, 6> acting_words{"stop_process",        "log-only",     "initialize progress bar",
                                                       "update progress bar", "analyzed IPs", "Analyzed IPs"};

/// Controls, line breaks, characters that change the direction of text or have no width.
bool is_forbidden(std::uint32_t point) {
    constexpr std::array<std::array<std::uint32_t, 2>, 10> ranges{{{0x0, 0x1f},
                                                                   {0x7f, 0x9f},
                                                                   {0xad, 0xad},
                                                                   {0x61c, 0x61c},
                                                                   {0x180e, 0x180e},
                                                                   {0x200b, 0x200f},
                                                                   {0x2028, 0x202e},
                                                                   {0x2060, 0x2060},
                                                                   {0x2066, 0x2069},
                                                                   {0xfeff, 0xfeff}}};
    for (const auto& [first, last] : ranges)
        if (point >= first && point <= last) return true;
    return false;
}

/// Returns the characters of the text, decoded independently of the SDK; invalid bytes are skipped.
template <class Take>
void each_character(std::string_view text, Take&& take) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    for (std::size_t at = 0; at < text.size();) {
        const unsigned first = byte(at);
        const std::size_t more = first >= 0xf8 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
        std::uint32_t point = more == 0 ? first : first & (0x3fU >> more);
        bool good = first < 0x80 || more > 0;
        for (std::size_t i = 1; i <= more && good; ++i) {
            good = (byte(at + i) & 0xc0U) == 0x80;
            point = point << 6 | (byte(at + i) & 0x3fU);
        }
        constexpr std::array<std::uint32_t, 4> least{0, 0x80, 0x800, 0x10000};
        good = good && point >= least.at(more);  // overlong forms are not UTF-8
        if (good) take(point);
        at += good ? more + 1 : 1;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::string made = slips::printable(text);
    for (const std::string_view word : acting_words)
        fuzz::expect(made.find(word) == std::string::npos, "a word that acts comes through", text, made);
    each_character(made, [&](std::uint32_t point) {
        fuzz::expect(!is_forbidden(point), "a character that moves or hides text comes through", text, made);
    });

    slips::Context context;
    context.profileid = "profile_192.168.1.12";
    context.twid = "timewindow1";
    context.uids = {"C1"};
    context.saddr = "192.168.1.12";
    slips::Evidence evidence;
    evidence.type = slips::EvidenceType::connection_to_private_ip;
    evidence.description = "it said " + made;
    evidence.attacker = "192.168.1.12";
    evidence.victim = "192.168.1.18";
    evidence.timestamp = 1700000000.5;
    evidence.threat_level = slips::ThreatLevel::low;
    evidence.confidence = 0.5;
    evidence.category = "Anomaly.Connection";
    const slips::Evidence completed = slips::complete(evidence, context);
    for (const auto generation : {slips::Generation::current, slips::Generation::legacy}) {
        const auto refusal = slips::validate(completed, context, generation);
        fuzz::expect(!refusal, "what slips::printable() made is refused", text, refusal ? refusal->text() : "");
    }
    return 0;
}
