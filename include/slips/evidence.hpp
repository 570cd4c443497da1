// Evidence as plain values, and validate(), which refuses evidence that would harm Slips before any of it is written.
// detail/evidence_rules.hpp has the rules for single fields.
//
// Mirrors slips_files/core/structures/evidence.py of Slips 1.1.22 and database.setEvidence() of Slips before 1.0.11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/clock.hpp"
#include "slips/detail/evidence_rules.hpp"
#include "slips/detail/number.hpp"
#include "slips/detail/uuid.hpp"
#include "slips/evidence_types.hpp"
#include "slips/generation.hpp"
#include "slips/ioc.hpp"
#include "slips/ip.hpp"
#include "slips/text.hpp"
#include "slips/timestamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {
/// Returns the address of "profile_<ip>".
constexpr std::string_view ip_of_profile(std::string_view profileid) {
    constexpr std::string_view prefix = "profile_";
    return profileid.starts_with(prefix) ? profileid.substr(prefix.size()) : profileid;
}
}  // namespace detail

/// The flow, profile and time window that evidence refers to. Messages convert to it; copy it to set evidence later,
/// from a timer or at shutdown.
struct Context {
    std::string profileid{};          ///< "profile_<ip>"
    std::string twid{};               ///< "timewindow<N>"
    std::vector<std::string> uids{};  ///< of the flows
    Timestamp timestamp{};            ///< of the flow
    std::string interface = {};       ///< "default" when empty
    std::string saddr{};              ///< of the flow
    std::string daddr{};              ///< of the flow

    /// Returns the address of the profile: the source of the flow, also where the flow itself lacks it (legacy DNS, TLS).
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }

    friend bool operator==(const Context&, const Context&) = default;
};

/// Evidence to be set; see set_evidence(). Type, description, attacker, threat level, confidence and category are required.
struct Evidence {
    EvidenceType type{};               ///< what was found
    EvidenceType unless_registered{};  ///< sent instead if Slips does not know `type`
    std::string description{};  ///< one line. Slips puts "Detected " before it; Slips before 0.9.2 also uses it as
                                ///< key that identifies repeats, so it must name the peer
    Ioc attacker{};             ///< who did it
    Ioc victim{};               ///< the target; may be empty
    std::optional<ThreatLevel> threat_level{};  ///< how dangerous it is
    std::optional<double> confidence{};         ///< 0..1
    std::string category{};             ///< one of idea_categories, such as "Anomaly.Connection"; others are logged
    Timestamp timestamp{};              ///< empty: the context's; if that is empty, too, now
    std::vector<std::string> uids{};    ///< empty: the context's
    std::string interface = {};         ///< empty: the context's
    std::optional<Proto> proto{};       ///< TCP, UDP or ICMP
    std::optional<int> src_port{};      ///< 0..65535
    std::optional<int> dst_port{};      ///< 0..65535
    Method method = Method::heuristic;  ///< how it was found (1.1.2 and newer)
    std::string id{};                   ///< uuid4; empty: a new one is generated
    std::vector<std::string> related_ids{};          ///< uuid4s
    std::optional<std::int64_t> connection_count{};  ///< conn_count (up to 1.1.1)
    std::string source_target_tag{};                 ///< IDEA SourceTargetTag (up to 1.1.1)

    friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// Returns the evidence with everything filled in that can be inferred:
/// - uids, timestamp and interface from the context, if the evidence has none (the timestamp falls back to the time of the
///   clock, as in Slips, the interface to "default");
/// - the attacker's direction: dst if it is the flow's daddr, src otherwise;
/// - the victim's direction: src if it is the flow's saddr, dst if its daddr, else the opposite of the attacker's;
/// - types, as inferred by infer_ioc_type(), and a new id;
/// - a confidence above 1 becomes 1, as in Slips;
/// - a description above 16 KiB is cut, and so are uids above 256 KiB in total: an attacker who sends long names must not
///   get evidence against him refused.
Evidence complete(Evidence evidence, const Context& context, UuidSource& ids);

/// As above, with a source of ids that is seeded in each call: for tests and one-shot programs.
Evidence complete(Evidence evidence, const Context& context);

/// Returns the first reason why Slips would not accept the evidence, or nullopt. Applies the rules of `generation` only.
/// Expects the result of complete(). Invalid UTF-8 is accepted, since the encoder replaces it. Does not check whether
/// Slips knows the type.
std::optional<Refusal> validate(const Evidence& completed, const Context& context, Generation generation);

// ---- machinery ----------------------------------------------------------------------------------------------

namespace detail {

/// Cuts texts that are longer than Slips should have to keep. Returns whether any was cut.
inline bool cut(Evidence& evidence) {
    bool is_cut = false;
    if (std::string& text = evidence.description; text.size() > longest_text) {
        constexpr std::string_view end = "...";
        std::size_t most = longest_text - end.size();
        while (most > 0 && (byte_at(text, most) & 0xc0U) == 0x80U) --most;  // not within a character
        text.replace(most, std::string::npos, end);
        is_cut = true;
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < evidence.uids.size(); ++i) {
        bytes += evidence.uids[i].size() + 4;  // with quotes and separator in JSON
        if (bytes <= most_uid_bytes) continue;
        evidence.uids.resize(i);
        is_cut = true;
    }
    return is_cut;
}

/// complete() in place. Returns whether any text was cut.
inline bool fill_in(Evidence& evidence, const Context& context, UuidSource& ids) {
    if (evidence.uids.empty()) evidence.uids = context.uids;
    if (evidence.timestamp.empty()) evidence.timestamp = context.timestamp;
    if (evidence.timestamp.empty()) evidence.timestamp = time_of_the_clock();
    if (evidence.interface.empty()) evidence.interface = context.interface.empty() ? "default" : context.interface;
    if (evidence.confidence && *evidence.confidence > 1) evidence.confidence = 1.0;

    Ioc& attacker = evidence.attacker;
    if (!attacker.type) attacker.type = infer_ioc_type(attacker.value);
    if (!attacker.direction) {
        attacker.direction = same_address(attacker.value, context.daddr) ? Direction::dst : Direction::src;
    }
    if (Ioc& victim = evidence.victim; !victim.empty()) {
        if (!victim.type) victim.type = infer_ioc_type(victim.value);
        if (!victim.direction) {
            if (same_address(victim.value, context.saddr)) {
                victim.direction = Direction::src;
            } else if (same_address(victim.value, context.daddr)) {
                victim.direction = Direction::dst;
            } else {
                victim.direction = attacker.direction == Direction::src ? Direction::dst : Direction::src;
            }
        }
    }
    if (evidence.id.empty()) evidence.id = ids.next();
    return cut(evidence);
}

}  // namespace detail

inline Evidence complete(Evidence evidence, const Context& context, UuidSource& ids) {
    detail::fill_in(evidence, context, ids);
    return evidence;
}

inline Evidence complete(Evidence evidence, const Context& context) {
    UuidSource ids;
    return complete(std::move(evidence), context, ids);
}

namespace detail {

/// Rewrites attacker and victim in a form that Slips writes to alerts.json: addresses in another spelling, URLs that it does not
/// keep, or that have no scheme, as their host. Call it before complete(), which infers directions from the values. Returns
/// whether there was a URL.
inline bool respell(Evidence& evidence, const Dialect& dialect) {
    bool had_url = false;
    for (Ioc* ioc : {&evidence.attacker, &evidence.victim}) {
        if (ioc->empty()) continue;
        if (!ioc->type) ioc->type = infer_ioc_type(ioc->value);
        if (*ioc->type == IocType::url && (dialect.is_typed() || !is_url(ioc->value))) {
            const std::string host(host_of(ioc->value));
            if (host.empty()) continue;  // validate() refuses it
            ioc->type = is_ip(host) ? IocType::ip : IocType::domain;
            ioc->value = host;
            had_url = true;
        }
        if (*ioc->type == IocType::ip && is_ip(ioc->value) && !knows_ip(ioc->value, dialect))
            ioc->value = known_spelling(ioc->value, dialect);
    }
    return had_url;
}

/// Returns the text between the first `mark` and the next one, like Python's text.split(mark)[1].
inline std::optional<std::string_view> after(std::string_view text, std::string_view mark) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + mark.size());
    return text.substr(0, text.find(mark));
}

/// Slips before 1.1.2 parses the descriptions of some types. If an expected part is missing, its evidence process ends, or,
/// from 1.0.11 on, the evidence is missing in alerts.json.
inline Verdict check_parsed_descriptions(const Evidence& e) {
    if (e.type.legacy.find("MaliciousDownloadedFile") != std::string_view::npos) {
        auto size = after(e.description, "size:").value_or("");
        size = size.substr(0, size.find("from"));
        while (size.starts_with(' ')) size.remove_prefix(1);
        while (size.ends_with(' ')) size.remove_suffix(1);
        constexpr std::size_t most_digits = 18;  // Python reads no more than 4300
        if (!all_digits(size) || size.size() > most_digits) {
            return refuse(
                "description",
                "of a MaliciousDownloadedFile must contain 'size: <bytes> from', which Slips before 1.1.2 parses");
        }
    }
    if (e.type.legacy == "Command-and-Control-channels-detection") {
        auto peer = after(e.description, "destination IP: ").value_or("");
        peer = peer.substr(0, peer.find(' '));
        if (!is_ip(peer) || !legacy_knows_ip(peer)) {
            return refuse("description",
                          "of a Command-and-Control-channels-detection must contain 'destination IP: <ip> ', which "
                          "Slips before 1.1.2 parses");
        }
    }
    return std::nullopt;
}

inline Verdict check_number_fields(const Evidence& e) {
    if (!e.threat_level || to_string(*e.threat_level).empty()) {
        return refuse("threat_level", "is not set; it must be info, low, medium, high or critical");
    }
    if (!e.confidence) return refuse("confidence", "is not set; it must be a number between 0 and 1");
    if (!(*e.confidence >= 0 && *e.confidence <= 1)) {
        return refuse("confidence", python_repr(*e.confidence) + " is not between 0 and 1");
    }
    if (e.proto && to_string(*e.proto).empty()) return refuse("proto", "must be tcp, udp or icmp");
    if (to_string(e.method).empty()) return refuse("method", "must be one of slips::Method");
    const std::pair<const char*, std::optional<int>> ports[] = {{"src_port", e.src_port}, {"dst_port", e.dst_port}};
    for (const auto& [field, port] : ports) {
        if (port && (*port < 0 || *port > 65535))
            return refuse(field, std::to_string(*port) + " is not between 0 and 65535");
    }
    return std::nullopt;
}

inline Verdict check_ids(const Evidence& e, const Dialect& dialect) {
    for (const std::string& uid : e.uids) {
        if (const std::string_view word = acting_word(uid, dialect.output); !word.empty())
            return refuse("uids", "contain '" + std::string(word) +
                                      "', which Slips treats as a command when it prints it; leave it out");
    }
    if (!is_uuid4(e.id)) return refuse("id", shown(e.id) + " is not a uuid4; leave it empty to generate one");
    if (e.related_ids.size() > most_related_ids) {
        return refuse("related_ids", "are " + std::to_string(e.related_ids.size()) + "; at most " +
                                         std::to_string(most_related_ids) + " are accepted");
    }
    for (const std::string& id : e.related_ids) {
        if (!is_uuid4(id)) return refuse("related_ids", shown(id) + " is not a uuid4; give the ids of other evidence");
    }
    return std::nullopt;
}

inline Verdict check_place_and_time(const Evidence& e, const Context& context, const Dialect& dialect) {
    constexpr std::string_view prefix = "profile_";
    const std::string_view profile = context.profileid;
    if (profile.empty()) return refuse("profileid", "is absent; set evidence with a message, or fill in the Context");
    if (profile == prefix) {
        return refuse("profileid",
                      "names no address, as the log of the flow has none; set evidence about another flow");
    }
    if (!profile.starts_with(prefix) || !is_ip(profile.substr(prefix.size()))) {
        return refuse("profileid", shown(profile) + " is not a profile; it must be profile_<ip>");
    }
    const std::string_view ip = profile.substr(prefix.size());
    const bool is_hexadecimal = ip.find_first_of(".%") == std::string_view::npos;
    if (!knows_ip(ip, dialect) && !(dialect.alerts != Alerts::idmef && is_hexadecimal)) {
        return refuse("profileid", shown(profile) + " is spelled in a way that Slips omits from alerts.json; "
                                                    "give the profile of the flow");
    }
    if (context.twid.empty()) return refuse("twid", "is absent; set evidence with a message, or fill in the Context");
    if (!is_timewindow(context.twid)) {
        return refuse("twid", shown(context.twid) + " is not a time window; it must be timewindow<N>");
    }
    constexpr std::int64_t most_windows = 10'000'000;
    if (const std::int64_t number = window_number(context.twid); number > most_windows || number < -most_windows) {
        return refuse("twid", shown(context.twid) +
                                  " is so far away that Slips cannot write its date; its number must be "
                                  "between -10000000 and 10000000");
    }
    if (e.timestamp.empty()) return refuse("timestamp", "is empty; give the time of the flow");
    const auto seconds = e.timestamp.seconds();
    if (!seconds) {
        return refuse("timestamp",
                      shown(e.timestamp.text()) + " is not a time that Slips can read; give epoch seconds");
    }
    constexpr double two_days = 2 * 86400.0;  // Slips adds the time zone and the width of a time window
    constexpr double year_1 = -62135596800.0;
    constexpr double year_10000 = 253402300800.0;
    if (*seconds < year_1 + two_days || *seconds > year_10000 - two_days) {
        return refuse("timestamp", shown(e.timestamp.text()) + " is outside the years that Slips can write, 1 to 9999; "
                                                               "give the time of the flow");
    }
    return std::nullopt;
}

}  // namespace detail

namespace detail {

/// validate() with the rules of a dialect.
inline std::optional<Refusal> validate(const Evidence& e, const Context& context, const Dialect& dialect) {
    if (e.type.empty()) return Refusal{"type", "is not set; it must be one of slips::EvidenceType, or your own"};
    if (auto no = check_type("type", e.type, dialect)) return no;
    if (!e.unless_registered.empty() && dialect.is_typed()) {
        if (auto no = check_type("unless_registered", e.unless_registered, dialect)) return no;
    }
    if (e.description.find_first_not_of(' ') == std::string::npos) {
        return Refusal{"description", "is empty; it must describe in one line what was seen, and name the peer"};
    }
    if (auto no = check_text("description", e.description, dialect)) return no;
    if (e.attacker.empty()) return Refusal{"attacker", "is not set; it must be an address, a domain or a URL"};
    if (auto no = check_ioc("attacker", e.attacker, dialect)) return no;
    if (!e.victim.empty()) {
        if (auto no = check_ioc("victim", e.victim, dialect)) return no;
    }
    if (auto no = check_number_fields(e)) return no;
    if (e.category.empty()) {
        return Refusal{"category", "is not set; it must be an IDEA category, such as Anomaly.Connection"};
    }
    if (auto no = check_text("category", e.category, dialect)) return no;
    if (e.interface.empty()) return Refusal{"interface", "is not set; complete() uses the flow's, or default"};
    if (auto no = check_text("interface", e.interface, dialect)) return no;
    if (auto no = check_text("source_target_tag", e.source_target_tag, dialect)) return no;
    if (auto no = check_ids(e, dialect)) return no;
    if (auto no = check_place_and_time(e, context, dialect)) return no;
    return dialect.alerts != Alerts::idmef ? check_parsed_descriptions(e) : std::nullopt;
}

}  // namespace detail

inline std::optional<Refusal> validate(const Evidence& completed, const Context& context, Generation generation) {
    return detail::validate(completed, context, detail::dialect_of(generation));
}

}  // namespace slips::inline SLIPS_SDK_ABI
