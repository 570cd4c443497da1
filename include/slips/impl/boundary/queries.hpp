// The queries of database/query.hpp: for each dialect, the commands and how to read their answers.
//
// Mirrors the getters of slips_files/core/database/ of each release of Slips.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/database/query.hpp"
#include "slips/detail/number.hpp"
#include "slips/impl/wire/facts.hpp"
#include "slips/impl/wire/hash_evidence.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {

template <class... Words>
DatabasePort::Command main_command(Words&&... words) {
    return {DatabasePort::Server::main, {std::string(std::forward<Words>(words))...}};
}
template <class... Words>
DatabasePort::Command cache_command(Words&&... words) {
    return {DatabasePort::Server::cache, {std::string(std::forward<Words>(words))...}};
}

inline std::vector<std::string> texts_of(const Answer& answer) {
    std::vector<std::string> texts;
    for (const Answer& one : answer.items) texts.push_back(one.text);
    return texts;
}

inline std::optional<double> number_of(const Answer& answer) { return parse_python_float(answer.text); }

}  // namespace detail

namespace query {

SLIPS_SDK_DECL Query<IpInfo> ip(std::string address) {
    using Fact = wire::facts::IpFact;
    static constexpr Fact facts[] = {Fact::as,      Fact::reverse_dns, Fact::server_names, Fact::threat_intelligence,
                                     Fact::country, Fact::score,       Fact::confidence};
    const auto commands = [address](const detail::Dialect& dialect) {
        std::vector<DatabasePort::Command> all{detail::main_command("HGET", "DNSresolution", address),
                                               detail::cache_command("HGET", "IoC_ips", address)};
        if (!dialect.fact_hashes) all.push_back(detail::cache_command("HGET", "IPsInfo", address));
        else
            for (const Fact fact : facts)
                all.push_back(detail::cache_command("HGET", wire::facts::hash_of(fact), address));
        return all;
    };
    return {commands, [address](const detail::Dialect& dialect, detail::Answers answers) {
                IpInfo info;
                info.ip = address;
                wire::facts::take_resolution(info, answers[0].text);
                if (!dialect.fact_hashes) wire::facts::take_all(info, answers[2].text);
                else
                    for (std::size_t i = 0; i < std::size(facts); ++i)
                        if (!answers[2 + i].is_nil()) wire::facts::take(info, facts[i], answers[2 + i].text);
                if (info.threat_intelligence.empty())
                    info.threat_intelligence = wire::facts::threat_intelligence(answers[1].text);
                return info;
            }};
}

SLIPS_SDK_DECL Query<DomainInfo> domain(std::string name) {
    const auto commands = [name](const detail::Dialect&) {
        return std::vector{detail::cache_command("HGET", "DomainsInfo", name),
                           detail::cache_command("HGET", "IoC_domains", name),
                           detail::main_command("HGET", "DomainsResolved", name)};
    };
    return {commands, [name](const detail::Dialect&, detail::Answers answers) {
                DomainInfo info;
                info.domain = name;
                wire::facts::take(info, answers[0].text);
                if (info.threat_intelligence.empty())
                    info.threat_intelligence = wire::facts::threat_intelligence(answers[1].text);
                for (std::string& found : wire::facts::texts(answers[2].text))
                    if (std::find(info.ips.begin(), info.ips.end(), found) == info.ips.end())
                        info.ips.push_back(std::move(found));
                return info;
            }};
}

SLIPS_SDK_DECL Query<std::vector<std::string>> profiles() {
    return {[](const detail::Dialect& dialect) {
                return std::vector{dialect.sorted_profiles ? detail::main_command("ZRANGE", "profiles", "0", "-1")
                                                           : detail::main_command("SMEMBERS", "profiles")};
            },
            [](const detail::Dialect&, detail::Answers answers) { return detail::texts_of(answers[0]); }};
}

SLIPS_SDK_DECL Query<std::optional<Profile>> profile(std::string profileid) {
    return {[profileid](const detail::Dialect&) { return std::vector{detail::main_command("HGETALL", profileid)}; },
            [profileid](const detail::Dialect&, detail::Answers answers) -> std::optional<Profile> {
                if (answers[0].items.empty()) return std::nullopt;
                Profile found;
                found.profileid = profileid;
                for (auto& [name, value] : detail::pairs_of(answers[0])) found.fields.emplace(name, value);
                const auto text = [&](const char* name) {
                    const auto at = found.fields.find(name);
                    return at == found.fields.end() ? std::string() : at->second;
                };
                found.starttime = parse_python_float(text("starttime"));
                found.width = parse_python_float(text("duration"));
                found.confidence = parse_python_float(text("confidence"));
                found.threat_level = text("threat_level");
                found.max_threat_level = text("max_threat_level");
                const auto device = wire::facts::device(text("MAC"));
                found.mac = device.mac;
                found.mac_vendor = text(found.fields.contains("MAC_vendor") ? "MAC_vendor" : "Vendor");
                if (found.mac_vendor.empty()) found.mac_vendor = device.vendor;
                found.host_name = text("host_name");
                if (found.host_name.empty()) found.host_name = device.host_name;
                found.labeled_as_malicious = text("labeled_as_malicious");
                const auto addresses = [&](const char* name) {
                    const std::string stored = text(name);
                    auto list = wire::facts::texts(stored);
                    if (list.empty() && !stored.empty() && stored.front() != '[') list.push_back(stored);
                    return list;
                };
                found.ipv4 = addresses("IPv4");
                found.ipv6 = addresses("IPv6");
                return found;
            }};
}

SLIPS_SDK_DECL Query<std::vector<TimeWindow>> windows(std::string profileid) {
    const auto commands = [profileid](const detail::Dialect&) {
        return std::vector{detail::main_command("ZRANGE", "tws" + profileid, "0", "-1", "WITHSCORES"),
                           detail::main_command("HGET", profileid, "duration")};
    };
    return {commands, [profileid](const detail::Dialect&, detail::Answers answers) {
                std::vector<TimeWindow> found;
                for (const auto& [twid, start] : detail::pairs_of(answers[0]))
                    found.push_back({profileid, twid, parse_python_float(start), detail::number_of(answers[1]), {}});
                return found;
            }};
}

SLIPS_SDK_DECL Query<TimeWindow> window(std::string profileid, std::string twid) {
    const auto commands = [profileid, twid](const detail::Dialect&) {
        return std::vector{detail::main_command("ZSCORE", "tws" + profileid, twid),
                           detail::main_command("HGET", profileid, "duration"),
                           detail::main_command("ZSCORE", "accumulated_threat_levels", profileid + "_" + twid),
                           detail::main_command("HGET", "analysis", "file_start")};
    };
    return {commands, [profileid, twid](const detail::Dialect& dialect, detail::Answers answers) {
                TimeWindow found{profileid, twid, detail::number_of(answers[0]), detail::number_of(answers[1]),
                                 detail::number_of(answers[2])};
                constexpr std::string_view prefix = "timewindow";
                const auto first = detail::number_of(answers[3]);
                const auto number =
                    twid.starts_with(prefix) ? parse_python_float(twid.substr(prefix.size())) : std::nullopt;
                const bool ends = found.width && *found.width < wire::hash_evidence::only_one_window;
                // before typed evidence, each profile counted its own windows
                if (!found.start && first && number && ends && dialect.is_typed())
                    found.start = *first + *found.width * (*number - 1);
                return found;
            }};
}

SLIPS_SDK_DECL Query<std::vector<EvidenceRecord>> evidence(std::string profileid, std::string twid) {
    const auto commands = [profileid, twid](const detail::Dialect& dialect) {
        const std::string window = profileid + "_" + twid;
        return std::vector{dialect.is_typed() ? detail::main_command("HGETALL", window + "_evidence")
                                              : detail::main_command("HGET", window, "Evidence"),
                           detail::main_command("SMEMBERS", "whitelisted_evidence")};
    };
    return {commands, [](const detail::Dialect& dialect, detail::Answers answers) {
                std::vector<EvidenceRecord> found;
                const auto whitelisted = detail::texts_of(answers[1]);
                const auto is_whitelisted = [&](const std::string& id) {
                    return std::find(whitelisted.begin(), whitelisted.end(), id) != whitelisted.end();
                };
                if (!dialect.is_typed()) {
                    found = wire::facts::window_object(answers[0].text);
                    std::erase_if(found, [&](const EvidenceRecord& one) { return is_whitelisted(one.id); });
                    return found;
                }
                for (const auto& [id, json] : detail::pairs_of(answers[0])) {
                    if (is_whitelisted(id)) continue;
                    if (auto record = wire::facts::evidence(json)) found.push_back(std::move(*record));
                }
                return found;
            }};
}

SLIPS_SDK_DECL Query<std::vector<AlertRecord>> alerts(std::string profileid, std::string twid) {
    const std::string window = profileid + "_" + twid;
    const auto commands = [window](const detail::Dialect& dialect) {
        return std::vector{dialect.window_alerts ? detail::main_command("HGET", window, "alerts")
                                                 : detail::main_command("HGETALL", "alerts")};
    };
    return {commands, [window](const detail::Dialect& dialect, detail::Answers answers) {
                const std::string prefix = window + "_";  // of an alert's id before 1.1.2
                std::vector<AlertRecord> found;
                if (dialect.window_alerts) found = wire::facts::alerts(answers[0].text);
                else
                    for (const auto& [id, ids] : detail::pairs_of(answers[0]))
                        if (id.starts_with(prefix)) found.push_back({id, wire::facts::texts(ids)});
                for (AlertRecord& alert : found)
                    if (alert.id.starts_with(prefix)) alert.id.erase(0, prefix.size());
                return found;
            }};
}

SLIPS_SDK_DECL Query<Gateway> gateway(std::string interface) {
    const auto commands = [interface](const detail::Dialect& dialect) {
        if (dialect.interface) return std::vector{detail::main_command("HGET", "default_gateway", interface)};
        return std::vector{detail::main_command(dialect.block_hash ? "HGETALL" : "GET", "default_gateway")};
    };
    return {commands, [](const detail::Dialect& dialect, detail::Answers answers) {
                if (dialect.interface) return wire::facts::gateway(answers[0].text);
                Gateway found{.ip = answers[0].text, .mac = {}, .vendor = {}};
                for (auto& [name, value] : detail::pairs_of(answers[0]))
                    if (name == "IP") found.ip = std::move(value);
                    else if (name == "MAC") found.mac = std::move(value);
                    else if (name == "Vendor") found.vendor = std::move(value);
                return found;
            }};
}

SLIPS_SDK_DECL Query<std::vector<std::string>> host_ips(std::string interface) {
    const auto commands = [interface](const detail::Dialect& dialect) {
        const std::string key = dialect.interface ? "host_ip_" + interface : "host_ip";
        return std::vector{dialect.sorted_hosts ? detail::main_command("ZREVRANGE", key, "0", "-1")
                                                : detail::main_command("SMEMBERS", "hostIP")};
    };
    return {commands, [](const detail::Dialect&, detail::Answers answers) { return detail::texts_of(answers[0]); }};
}

SLIPS_SDK_DECL Query<std::map<std::string, std::string>> local_networks() {
    return {[](const detail::Dialect& dialect) {
                return std::vector{detail::main_command(dialect.interface ? "HGETALL" : "GET", "local_network")};
            },
            [](const detail::Dialect&, detail::Answers answers) {
                const auto pairs = detail::pairs_of(answers[0]);
                std::map<std::string, std::string> found(pairs.begin(), pairs.end());
                if (!answers[0].text.empty()) found.emplace("default", answers[0].text);
                return found;
            }};
}

SLIPS_SDK_DECL Query<std::string> port_name(int port, std::string_view proto) {
    std::string name = std::to_string(port) + "/";
    for (const char c : proto) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return {[name](const detail::Dialect&) { return std::vector{detail::cache_command("HGET", "portinfo", name)}; },
            [](const detail::Dialect&, detail::Answers answers) { return answers[0].text; }};
}

SLIPS_SDK_DECL Query<std::map<std::string, std::vector<std::string>>> blocked() {
    const auto commands = [](const detail::Dialect& dialect) {
        return std::vector{detail::main_command(dialect.block_hash ? "HGETALL" : "SMEMBERS", "BlockedProfTW")};
    };
    return {commands, [](const detail::Dialect& dialect, detail::Answers answers) {
                std::map<std::string, std::vector<std::string>> found;
                if (dialect.block_hash) {
                    for (const auto& [profileid, twids] : detail::pairs_of(answers[0]))
                        found[profileid] = wire::facts::texts(twids);
                    return found;
                }
                for (const std::string& window : detail::texts_of(answers[0]))  // "profile_<ip>_timewindow<N>"
                    if (const auto at = window.rfind('_'); at != std::string::npos)
                        found[window.substr(0, at)].push_back(window.substr(at + 1));
                return found;
            }};
}

}  // namespace query
}  // namespace slips::inline SLIPS_SDK_ABI
