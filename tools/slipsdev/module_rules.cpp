#include "module_rules.hpp"

#include <algorithm>
#include <array>

namespace slipsdev {
namespace {

constexpr std::array current_channels{
    std::string_view("evidence_added"), std::string_view("new_ip"), std::string_view("new_flow"),
    std::string_view("new_dns"), std::string_view("new_http"), std::string_view("new_ssl"),
    std::string_view("new_profile"), std::string_view("give_threat_intelligence"), std::string_view("new_letters"),
    std::string_view("ip_info_change"), std::string_view("tw_closed"), std::string_view("core_messages"),
    std::string_view("new_blocking"), std::string_view("new_ssh"), std::string_view("new_notice"),
    std::string_view("new_url"), std::string_view("new_downloaded_file"), std::string_view("new_service"),
    std::string_view("new_arp"), std::string_view("new_MAC"), std::string_view("new_smtp"),
    std::string_view("new_blame"), std::string_view("new_alert"), std::string_view("new_dhcp"),
    std::string_view("new_weird"), std::string_view("new_software"), std::string_view("new_tunnel"),
    std::string_view("new_login"), std::string_view("p2p_data_request"), std::string_view("remove_old_files"),
    std::string_view("export_evidence"), std::string_view("p2p_gopy"), std::string_view("report_to_peers"),
    std::string_view("check_jarm_hash"), std::string_view("control_channel"), std::string_view("new_module_flow"),
    std::string_view("cpu_profile"), std::string_view("memory_profile"), std::string_view("fides2network"),
    std::string_view("network2fides"), std::string_view("fides2slips"), std::string_view("slips2fides"),
    std::string_view("iris_internal"), std::string_view("new_zeek_fields_line"),
    // published, although a slip in Slips' own constants keeps its modules from subscribing to it
    std::string_view("get_modified_profiles_since")};

constexpr std::array legacy_channels{
    std::string_view("tw_modified"), std::string_view("evidence_added"), std::string_view("new_ip"),
    std::string_view("new_flow"), std::string_view("new_dns"), std::string_view("new_dns_flow"),
    std::string_view("new_http"), std::string_view("new_ssl"), std::string_view("new_profile"),
    std::string_view("give_threat_intelligence"), std::string_view("new_letters"), std::string_view("ip_info_change"),
    std::string_view("dns_info_change"), std::string_view("tw_closed"), std::string_view("core_messages"),
    std::string_view("new_blocking"), std::string_view("new_ssh"), std::string_view("new_notice"),
    std::string_view("new_url"), std::string_view("finished_modules"), std::string_view("new_downloaded_file"),
    std::string_view("reload_whitelist"), std::string_view("new_service"), std::string_view("new_arp"),
    std::string_view("new_MAC"), std::string_view("new_smtp"), std::string_view("new_blame"),
    std::string_view("new_software"), std::string_view("p2p_data_request"), std::string_view("remove_old_files"),
    // published, though not in Slips' list
    std::string_view("new_alert")};

/// As current Slips compares: without case and what parts words.
std::string normalized(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '_' || c == '-' || c == ' ') continue;
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r'\"";
    while (!text.empty() && blanks.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
    while (!text.empty() && blanks.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::string> entry_that_skips(std::string_view folder, std::string_view name, Generation generation,
                                            const std::vector<std::string>& disabled) {
    const std::string path = "modules." + std::string(folder) + "." + std::string(folder);
    for (const std::string& entry : disabled) {
        const bool skips = generation == Generation::current
                               ? normalized(path).find(normalized(entry)) != std::string::npos
                               : path.find(entry) != std::string::npos || name == entry;
        if (skips) return entry;
    }
    return std::nullopt;
}

const std::vector<std::string>& modules_off_by_default(Generation generation) {
    static const std::vector<std::string> current{"exporting_alerts", "p2p_trust",     "fides", "iris",
                                                  "cesnet",           "blocking",      "arp_poisoner",
                                                  "leak_detector",    "cyst"};
    static const std::vector<std::string> legacy{"exporting_alerts", "p2ptrust", "CESNET", "blocking", "leak_detector"};
    return generation == Generation::current ? current : legacy;
}

std::vector<std::string> disabled_modules_in(std::string_view config, Generation generation) {
    std::vector<std::string> disabled;
    bool in_modules = false;
    while (!config.empty()) {
        const std::size_t end = config.find('\n');
        const std::string_view line = config.substr(0, end);
        config = end == std::string_view::npos ? std::string_view() : config.substr(end + 1);
        const std::string_view words = trimmed(line);
        if (words.empty() || words.front() == '#') continue;
        if (words.front() == '[' || line.front() != ' ') {  // a section of slips.conf, or a key at its place
            if (words.front() == '[' || words.back() == ':') in_modules = words == "[modules]" || words == "modules:";
        }
        if (!in_modules || !words.starts_with("disable")) continue;
        const std::string_view rest = trimmed(words.substr(std::string_view("disable").size()));
        if (rest.empty() || (rest.front() != '=' && rest.front() != ':')) continue;
        std::string_view list = rest.substr(1, rest.find(']') == std::string_view::npos ? rest.npos : rest.find(']') - 1);
        if (const std::size_t open = list.find('['); open != std::string_view::npos) list.remove_prefix(open + 1);
        for (bool more = true; more;) {
            const std::size_t comma = list.find(',');
            const auto entry = trimmed(list.substr(0, comma));
            if (!entry.empty() || generation == Generation::legacy) disabled.emplace_back(entry);
            more = comma != std::string_view::npos;
            if (more) list.remove_prefix(comma + 1);
        }
    }
    return disabled;
}

bool is_supported_channel(std::string_view channel, Generation generation) {
    const auto among = [channel](const auto& channels) {
        return std::find(channels.begin(), channels.end(), channel) != channels.end();
    };
    return generation == Generation::current ? among(current_channels) : among(legacy_channels);
}

}  // namespace slipsdev
