// What Slips knows, as plain values: what database.hpp answers with. What Slips does not know is empty or absent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// What a feed of threat intelligence says of an address or a domain.
struct ThreatIntelligence {
    std::string source{};        ///< the feed: "own_malicious_iocs.csv"
    std::string description{};   ///< the feed's own words
    std::string threat_level{};  ///< "info", "low", "medium", "high", "critical"
    std::vector<std::string> tags{};  ///< "phishing"; some feeds put several into one, with a blank between

    /// Listed by no feed, as far as Slips knows.
    bool empty() const { return source.empty() && description.empty() && threat_level.empty(); }
};

/// An address. Slips' modules look things up when they first meet it, so the first flows find little.
struct IpInfo {
    std::string ip{};                         ///< the one that was asked for
    std::string as_number{};                  ///< of its autonomous system: "AS2852" (current)
    std::string as_org{};                     ///< "CESNET z.s.p.o."; "Unknown" when Slips has looked in vain
    std::string reverse_dns{};                ///< "relay.felk.cvut.cz"
    std::vector<std::string> server_names{};  ///< TLS names (SNI) it was called by, the first one first
    std::vector<std::string> domains{};       ///< whose DNS answers held it
    std::vector<std::string> resolved_by{};   ///< addresses that asked for these
    ThreatIntelligence threat_intelligence{};  ///< of the feed that lists it
    std::string country{};                    ///< "Czechia"; "Private", "Unknown"
    std::optional<double> score{};            ///< threat level as a number, 0..1, the highest so far
    std::optional<double> confidence{};       ///< in that score, 0..1
};

/// A domain.
struct DomainInfo {
    std::string domain{};               ///< the one that was asked for
    std::vector<std::string> ips{};     ///< of its DNS answers
    std::vector<std::string> cnames{};  ///< other names for it
    ThreatIntelligence threat_intelligence{};  ///< of the feed that lists it
};

/// A host, as Slips sees it.
struct Profile {
    std::string profileid{};                   ///< "profile_<ip>"
    std::optional<double> starttime{};         ///< of its first flow, seconds since the epoch
    std::optional<double> width{};             ///< of its time windows, seconds; 9999999999: a single one that does not end
    std::optional<double> confidence{};        ///< 0..1
    std::string threat_level{};                ///< of the last evidence in which it was the attacker; legacy: "0"
    std::string max_threat_level{};            ///< the highest so far (current)
    std::string mac{};                         ///< "08:00:27:7e:f9:5b"
    std::string mac_vendor{};                  ///< who made it
    std::string host_name{};                   ///< by DHCP
    std::vector<std::string> ipv4{};           ///< other addresses of the same device
    std::vector<std::string> ipv6{};           ///< the same, IPv6
    std::string labeled_as_malicious{};        ///< what a module called it
    std::map<std::string, std::string> fields{};  ///< all that is stored of it, as it is stored
};

/// A time window of a profile.
struct TimeWindow {
    std::string profileid{};           ///< "profile_<ip>"
    std::string twid{};                ///< "timewindow<N>"
    std::optional<double> start{};     ///< seconds since the epoch
    std::optional<double> width{};     ///< seconds
    std::optional<double> accumulated_threat_level{};  ///< since the last alert: sum of level times confidence (current)

    /// Seconds since the epoch.
    std::optional<double> end() const { return start && width ? std::optional(*start + *width) : std::nullopt; }
};

/// An alert of a time window, and the evidence that made it. As a message: NewAlert.
struct AlertRecord {
    std::string id{};                         ///< uuid4; legacy: of the last evidence in it
    std::vector<std::string> evidence_ids{};  ///< uuid4s
};

/// The way out of a network. Slips mostly knows one of the three.
struct Gateway {
    std::string ip{};      ///< its address
    std::string mac{};     ///< current
    std::string vendor{};  ///< current
};

}  // namespace slips::inline SLIPS_SDK_ABI
