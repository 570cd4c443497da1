// The results of database.hpp as plain values. Members that Slips has no value for are empty or absent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// The entry of a threat intelligence feed for an address or a domain.
struct ThreatIntelligence {
    std::string source{};             ///< the feed: "own_malicious_iocs.csv"
    std::string description{};        ///< as written in the feed
    std::string threat_level{};       ///< "info", "low", "medium", "high", "critical"
    std::vector<std::string> tags{};  ///< "phishing"; some feeds put several into one, separated by a blank

    /// Returns whether no feed known to Slips lists it.
    bool empty() const { return source.empty() && description.empty() && threat_level.empty(); }
};

/// An IP address. Slips' modules look up its data when it first appears, so little is known during its first flows.
struct IpInfo {
    std::string ip{};                          ///< as passed to the query
    std::string as_number{};                   ///< of its autonomous system: "AS2852"; empty before 1.0.4
    std::string as_org{};                      ///< "CESNET z.s.p.o."; "Unknown" if Slips' lookup found nothing
    std::string reverse_dns{};                 ///< "relay.felk.cvut.cz"
    std::vector<std::string> server_names{};   ///< names from TLS (SNI), oldest first
    std::vector<std::string> domains{};        ///< domains whose DNS answers contained it
    std::vector<std::string> resolved_by{};    ///< addresses that queried these domains
    ThreatIntelligence threat_intelligence{};  ///< of the feed that lists it
    std::string country{};                     ///< "Czechia"; "Private", "Unknown"
    std::optional<double> score{};             ///< the highest threat level so far as a number, 0..1
    std::optional<double> confidence{};        ///< confidence in that score, 0..1
};

/// A domain.
struct DomainInfo {
    std::string domain{};                      ///< as passed to the query
    std::vector<std::string> ips{};            ///< from its DNS answers
    std::vector<std::string> cnames{};         ///< other names for it
    ThreatIntelligence threat_intelligence{};  ///< of the feed that lists it
};

/// A host that Slips keeps a profile of.
struct Profile {
    std::string profileid{};             ///< "profile_<ip>"
    std::optional<double> starttime{};   ///< of its first flow, seconds since the epoch
    std::optional<double> width{};       ///< of its time windows, seconds; 9999999999: one that never ends
    std::optional<double> confidence{};  ///< 0..1
    std::string threat_level{};          ///< of the last evidence in which it was the attacker; before 0.9.6: "0"
    std::string max_threat_level{};      ///< the highest so far (1.0.9 and newer)
    std::string mac{};                   ///< "08:00:27:7e:f9:5b"
    std::string mac_vendor{};            ///< vendor of its network interface
    std::string host_name{};             ///< from DHCP
    std::vector<std::string> ipv4{};     ///< other addresses of the same device
    std::vector<std::string> ipv6{};     ///< the same, IPv6
    std::string labeled_as_malicious{};  ///< the label given by a module
    std::map<std::string, std::string> fields{};  ///< all stored fields, as stored
};

/// A time window of a profile.
struct TimeWindow {
    std::string profileid{};        ///< "profile_<ip>"
    std::string twid{};             ///< "timewindow<N>"
    std::optional<double> start{};  ///< seconds since the epoch
    std::optional<double> width{};  ///< seconds
    std::optional<double>
        accumulated_threat_level{};  ///< since the last alert: sum of level times confidence (1.0.10 and newer)

    /// Returns start + width, seconds since the epoch.
    std::optional<double> end() const { return start && width ? std::optional(*start + *width) : std::nullopt; }
};

/// An alert of a time window and the evidence that caused it. The corresponding message is NewAlert.
struct AlertRecord {
    std::string id{};                         ///< uuid4; before 1.1.2: the id of its last evidence
    std::vector<std::string> evidence_ids{};  ///< uuid4s
};

/// The gateway of a network. Usually Slips knows only one of the three values.
struct Gateway {
    std::string ip{};      ///< its address
    std::string mac{};     ///< 0.9.5 and newer
    std::string vendor{};  ///< 1.0.2 and newer
};

}  // namespace slips::inline SLIPS_SDK_ABI
