// Queries for Database::get(): what Slips knows about addresses, domains, profiles and time windows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/facts.hpp"
#include "slips/message/evidence.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// A question with an answer of type T, for Database::get(). One of your own is made of two functions of the generation
/// of Slips: the commands, and what their answers mean. Some layouts changed within a generation: docs/slips-versions.md.
template <class T>
struct Query {
    using Commands = std::vector<DatabasePort::Command>;         ///< in the order of their answers
    std::function<Commands(const detail::Dialect&)> commands{};  ///< reads only: they may be sent twice
    std::function<T(const detail::Dialect&, std::span<const Answer>)>
        read{};  ///< one answer for each command, none an error
};

namespace query {

/// An address: AS, reverse DNS, TLS names, domains, threat intelligence, country, score.
SLIPS_SDK_DECL Query<IpInfo> ip(std::string address);

/// A domain: addresses, CNAMEs, threat intelligence about exactly this name.
SLIPS_SDK_DECL Query<DomainInfo> domain(std::string name);

/// All profiles, as "profile_<ip>", in no order that means anything.
SLIPS_SDK_DECL Query<std::vector<std::string>> profiles();

/// A profile; nothing: Slips has none of that name.
SLIPS_SDK_DECL Query<std::optional<Profile>> profile(std::string profileid);

/// The time windows of a profile, in the order of their start; without accumulated_threat_level.
SLIPS_SDK_DECL Query<std::vector<TimeWindow>> windows(std::string profileid);

/// A time window. Where Slips has not stored its start, it is computed from the first flow's, as Slips does (1.0.11 and
/// newer; not of a single window that does not end).
SLIPS_SDK_DECL Query<TimeWindow> window(std::string profileid, std::string twid);

/// The evidence of a time window, without what Slips' whitelist took out.
SLIPS_SDK_DECL Query<std::vector<EvidenceRecord>> evidence(std::string profileid, std::string twid);

/// The alerts of a time window; 0.9.2 to 1.0.0 keep the last one only.
SLIPS_SDK_DECL Query<std::vector<AlertRecord>> alerts(std::string profileid, std::string twid);

/// The gateway of an interface: a flow's, or "default" for files. Before 1.1.15 there is one for all.
SLIPS_SDK_DECL Query<Gateway> gateway(std::string interface = "default");

/// The addresses of the host that Slips runs on, the latest first (before 1.1.2: in no order); by interface from 1.1.15 on.
SLIPS_SDK_DECL Query<std::vector<std::string>> host_ips(std::string interface = "default");

/// Interface to local network: {"eth0", "192.168.1.0/24"}; interface "default" for files, and before 1.1.15 for all. Empty
/// before 1.0.1, which stores none.
SLIPS_SDK_DECL Query<std::map<std::string, std::string>> local_networks();

/// The name of a port: 80, "tcp" is "http"; empty: it has none. Takes the protocol in capitals, too.
SLIPS_SDK_DECL Query<std::string> port_name(int port, std::string_view proto);

/// Profiles that are blocked by a firewall (before 1.0.0: or had an alert), and in which time windows.
SLIPS_SDK_DECL Query<std::map<std::string, std::vector<std::string>>> blocked();

}  // namespace query

}  // namespace slips::inline SLIPS_SDK_ABI
