// The messages about evidence and alerts: one struct for each channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slips/message/base.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Attacker or victim of evidence, as published by Slips.
struct EvidenceParty {
    std::string value{};                        ///< the address, domain…; before 1.0.1: detection_info
    std::string direction{};                    ///< "SRC", "DST" (1.0.11 and newer)
    std::string ioc_type{};                     ///< "IP", "DOMAIN", "URL" (1.0.11 and newer)
    std::string profileid{};                    ///< "profile_<ip>"; of attackers (1.0.11 and newer)
    std::string ti{};                           ///< the feed that lists it (1.1.2 and newer)
    std::string as_number{};                    ///< 1.1.2 and newer
    std::string as_org{};                       ///< 1.1.2 and newer
    std::string rdns{};                         ///< 1.1.2 and newer
    std::string sni{};                          ///< 1.1.2 and newer
    std::vector<std::string> dns_resolution{};  ///< 1.1.7 and newer
    std::vector<std::string> queries{};         ///< 1.1.7 and newer
    std::vector<std::string> cname{};           ///< 1.1.7 and newer
};

/// Evidence, as published by Slips. To set evidence, see Evidence.
struct EvidenceRecord {
    std::string type{};                              ///< "ARP_SCAN"; before 1.0.11: such as "PortScanType2"
    std::string description{};                       ///< one line for people
    EvidenceParty attacker{};                        ///< who did it
    EvidenceParty victim{};                          ///< all empty if there is none
    std::string threat_level{};                      ///< "HIGH"; before 1.0.11: "high"
    std::string profileid{};                         ///< "profile_<ip>"
    std::string twid{};                              ///< "timewindow<N>"
    std::optional<double> window_start{};            ///< seconds since the epoch (1.1.2 and newer, in alerts)
    std::optional<double> window_end{};              ///< seconds since the epoch (1.1.2 and newer, in alerts)
    std::vector<std::string> uids{};                 ///< of the flows
    Timestamp timestamp{};                           ///< of the flow
    std::string interface = {};                      ///< 1.1.15 and newer
    std::string proto{};                             ///< "TCP"
    std::optional<int> dst_port{};                   ///< 1.1.2 and newer
    std::optional<int> src_port{};                   ///< 1.1.2 and newer
    std::string method{};                            ///< "HEURISTIC" (1.1.2 and newer)
    std::string id{};                                ///< uuid4
    std::optional<double> confidence{};              ///< 0..1
    std::vector<std::string> related_ids{};          ///< 1.1.2 and newer
    std::string type_detection{};                    ///< until 1.0.10: "srcip", "dport"…: the type of attacker.value
    std::string category{};                          ///< up to 1.1.1: "Recon.Scanning"
    std::optional<std::int64_t> connection_count{};  ///< up to 1.1.1
    std::string source_target_tag{};                 ///< up to 1.1.1
    std::optional<int> port{};                       ///< up to 1.1.1

    /// Returns the address of the profile.
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }
};

/// `evidence_added`: a module has set evidence. To set evidence, call set_evidence().
struct EvidenceAdded : Message, EvidenceRecord {
    static constexpr std::string_view channel = "evidence_added";

    operator Context() const {  // NOLINT(google-explicit-constructor): a message is a context
        Context context;
        context.profileid = profileid;
        context.twid = twid;
        context.uids = uids;
        context.timestamp = timestamp;
        context.interface = interface;
        return context;
    }
};

/// `new_alert`: the evidence of a time window has crossed the threshold. Legacy, and Slips until 1.1.4, sends profile, window
/// and id only.
struct NewAlert : Message {
    static constexpr std::string_view channel = "new_alert";
    std::string profileid{};                           ///< "profile_<ip>"
    std::string twid{};                                ///< "timewindow<N>"
    std::string id{};                                  ///< uuid4
    std::optional<double> window_start{};              ///< seconds since the epoch
    std::optional<double> window_end{};                ///< seconds since the epoch
    EvidenceRecord last_evidence{};                    ///< the evidence that crossed it
    std::optional<double> accumulated_threat_level{};  ///< sum of threat level times confidence of all evidence
    std::vector<std::string> correl_ids{};             ///< ids of all its evidence
    Timestamp last_flow_datetime{};                    ///< the time of the last flow
    std::string threat_level{};                        ///< "low"…
    std::optional<double> confidence{};                ///< 0..1

    /// Returns the address of the profile.
    std::string profile_ip() const { return std::string(detail::ip_of_profile(profileid)); }

    operator Context() const {  // NOLINT(google-explicit-constructor)
        Context context;
        context.profileid = profileid;
        context.twid = twid;
        context.uids = last_evidence.uids;
        context.timestamp = last_evidence.timestamp;
        context.interface = last_evidence.interface;
        return context;
    }
};

}  // namespace slips::inline SLIPS_SDK_ABI
