#include "slipsdev/module/module_rules.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

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
    // Published, although a mistake in Slips' own constants prevents its modules from subscribing to it.
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
    // Published, although not in Slips' list.
    std::string_view("new_alert")};

/// Targets of CMake, Meson and this SDK, and files in the build folder, where the program is written.
constexpr std::array names_of_the_build{std::string_view("all"),
                                        std::string_view("help"),
                                        std::string_view("clean"),
                                        std::string_view("test"),
                                        std::string_view("install"),
                                        std::string_view("package"),
                                        std::string_view("package_source"),
                                        std::string_view("preinstall"),
                                        std::string_view("depend"),
                                        std::string_view("edit_cache"),
                                        std::string_view("rebuild_cache"),
                                        std::string_view("list_install_components"),
                                        std::string_view("ALL_BUILD"),
                                        std::string_view("INSTALL"),
                                        std::string_view("PACKAGE"),
                                        std::string_view("RUN_TESTS"),
                                        std::string_view("ZERO_CHECK"),
                                        std::string_view("benchmark"),
                                        std::string_view("dist"),
                                        std::string_view("uninstall"),
                                        std::string_view("reconfigure"),
                                        std::string_view("coverage"),
                                        std::string_view("scan-build"),
                                        std::string_view("clang-format"),
                                        std::string_view("clang-tidy"),
                                        std::string_view("slips_core"),
                                        std::string_view("slips_sdk"),
                                        std::string_view("slips_runtime"),
                                        std::string_view("slips-module-sdk"),
                                        std::string_view("CMakeFiles"),
                                        std::string_view("Testing"),
                                        std::string_view("Makefile")};

/// The folders in modules/ of Slips as distributed.
constexpr std::array current_modules{std::string_view("anomaly_detection_https"),
                                     std::string_view("arp"),
                                     std::string_view("arp_poisoner"),
                                     std::string_view("blocking"),
                                     std::string_view("brute_force_detector"),
                                     std::string_view("cesnet"),
                                     std::string_view("cyst"),
                                     std::string_view("exporting_alerts"),
                                     std::string_view("feeds_update_manager"),
                                     std::string_view("fides"),
                                     std::string_view("flow_alerts"),
                                     std::string_view("flow_ml_detection"),
                                     std::string_view("http_analyzer"),
                                     std::string_view("ip_info"),
                                     std::string_view("iris"),
                                     std::string_view("leak_detector"),
                                     std::string_view("network_discovery"),
                                     std::string_view("p2p_trust"),
                                     std::string_view("risk_iq"),
                                     std::string_view("rnn_cc_detection"),
                                     std::string_view("template"),
                                     std::string_view("threat_intelligence"),
                                     std::string_view("timeline"),
                                     std::string_view("virustotal")};

constexpr std::array legacy_modules{std::string_view("CESNET"),
                                    std::string_view("RiskIQ"),
                                    std::string_view("arp"),
                                    std::string_view("blocking"),
                                    std::string_view("ensembling"),
                                    std::string_view("exporting_alerts"),
                                    std::string_view("flowalerts"),
                                    std::string_view("flowmldetection"),
                                    std::string_view("http_analyzer"),
                                    std::string_view("ip_info"),
                                    std::string_view("leak_detector"),
                                    std::string_view("p2ptrust"),
                                    std::string_view("portscan_detector"),
                                    std::string_view("rnn-cc-detection"),
                                    std::string_view("template"),
                                    std::string_view("threat_intelligence"),
                                    std::string_view("timeline"),
                                    std::string_view("update_manager"),
                                    std::string_view("virustotal")};

/// Returns the modules that are disabled in Slips as distributed.
const std::vector<std::string>& shipped_disabled(Generation generation) {
    static const std::vector<std::string> current{"template"};
    static const std::vector<std::string> legacy{"template", "ensembling"};
    return generation == Generation::current ? current : legacy;
}

/// Returns the text as current Slips compares it: without case and separators.
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

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    for (std::size_t at = 0; at < line.size(); ++at)
        if (line[at] == '#' && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')) return line.substr(0, at);
    return line;
}

/// Returns the value of `disable` in section `modules`, with commas between entries; nullopt if it is missing. Reads the
/// usual forms of a list: [a, b], also over several lines, and one entry per line after a dash.
std::optional<std::string> list_of_modules_section(std::string_view config) {
    bool in_modules = false;
    std::optional<std::string> found;
    bool open = false;
    while (!config.empty()) {
        const std::string_view line = next_line(config);
        std::string_view words = trimmed(line);
        if (words.empty()) continue;
        if (found && !open && words.front() != '-') return found;
        if (!found) {
            const bool at_the_margin = line.front() != ' ' && line.front() != '\t';
            if (at_the_margin && (words.front() == '[' || words.back() == ':'))
                in_modules = words == "[modules]" || trimmed(words.substr(0, words.size() - 1)) == "modules";
            if (!in_modules || !words.starts_with("disable")) continue;
            words = trimmed(words.substr(std::string_view("disable").size()));
            if (words.empty() || (words.front() != '=' && words.front() != ':')) continue;
            words = trimmed(words.substr(1));
            found.emplace();
        } else if (!open) {
            if (!found->empty()) *found += ',';
            words.remove_prefix(1);  // the dash
        }
        if (words.starts_with('[')) {
            open = true;
            words.remove_prefix(1);
        }
        const std::size_t close = open ? words.find(']') : std::string_view::npos;
        found->append(trimmed(words.substr(0, close)));
        if (close != std::string_view::npos) return found;
    }
    return found;
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

Loader loader_in(std::string_view process_manager) {
    // The functions of the file with their bodies; those that import, and those that call them.
    std::vector<std::pair<std::string, std::string_view>> functions;
    for (std::size_t at = process_manager.find("def "); at != std::string_view::npos;) {
        const std::size_t next = process_manager.find("def ", at + 4);
        const std::size_t name = at + 4;
        const std::size_t end = process_manager.find('(', name);
        if (end == std::string_view::npos) break;
        const std::size_t length = (next == std::string_view::npos ? process_manager.size() : next) - end;
        functions.emplace_back(process_manager.substr(name, end - name), process_manager.substr(end, length));
        at = next;
    }
    std::set<std::string> importing;
    for (const auto& [name, body] : functions)
        if (body.find("import_module(") != std::string_view::npos) importing.insert(name);
    for (std::size_t before = 0; before != importing.size();) {
        before = importing.size();
        for (const auto& [name, body] : functions)
            if (std::any_of(importing.begin(), importing.end(), [body = body](const std::string& other) {
                    return body.find("self." + other + "(") != std::string_view::npos;
                }))
                importing.insert(name);
    }
    for (const std::string& name : importing) {
        const std::string target = "target=self." + name;
        const std::size_t at = process_manager.find(target);
        if (at != std::string_view::npos && process_manager.find_first_of(",) \n", at) == at + target.size())
            return Loader::child;
    }
    return importing.count("get_modules") != 0 || importing.count("load_modules") != 0 ? Loader::main : Loader::unknown;
}

bool is_importable(std::string_view name) {
    return !name.empty() && name != "__init__" && name.find('.') == std::string_view::npos &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::optional<std::string> name_fault(std::string_view name) {
    const auto is_letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (name.empty() || !is_letter_or_digit(name.front()) ||
        !std::all_of(name.begin(), name.end(), [&](char c) { return is_letter_or_digit(c) || c == '-'; }))
        return "Slips imports a folder of that name, so use letters, digits, _ and -, and do not begin with -";
    if (!is_importable(name) || name == "__pycache__") return "Python uses that name itself";
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        std::vector<std::string> disabled = modules_off_by_default(generation);
        disabled.insert(disabled.begin(), shipped_disabled(generation).begin(), shipped_disabled(generation).end());
        if (const auto entry = entry_that_skips(name, name, generation, disabled))
            return std::string(name_of(generation)) + " Slips skips a module whose name contains \"" + *entry +
                   "\", which is disabled";
        const auto is_among = [name](const auto& modules) {
            return std::find(modules.begin(), modules.end(), name) != modules.end();
        };
        if (generation == Generation::current ? is_among(current_modules) : is_among(legacy_modules))
            return std::string(name_of(generation)) + " Slips has a module of that name";
    }
    if (std::find(names_of_the_build.begin(), names_of_the_build.end(), name) != names_of_the_build.end())
        return "CMake or Meson has a target of that name";
    return std::nullopt;
}

const std::vector<std::string>& modules_off_by_default(Generation generation) {
    static const std::vector<std::string> current{"exporting_alerts", "p2p_trust",    "fides",         "iris", "cesnet",
                                                  "blocking",         "arp_poisoner", "leak_detector", "cyst"};
    static const std::vector<std::string> legacy{"exporting_alerts", "p2ptrust", "CESNET", "blocking", "leak_detector"};
    return generation == Generation::current ? current : legacy;
}

std::vector<std::string> disabled_modules_in(std::string_view config, Generation generation) {
    const auto list = list_of_modules_section(config);
    if (!list)
        return generation == Generation::current ? std::vector<std::string>{"template"} : std::vector<std::string>{};
    std::vector<std::string> disabled;
    std::string_view rest = *list;
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        const auto entry = trimmed(rest.substr(0, comma));
        if (!entry.empty() || generation == Generation::legacy) disabled.emplace_back(entry);
        more = comma != std::string_view::npos;
        if (more) rest.remove_prefix(comma + 1);
    }
    return disabled;
}

bool is_supported_channel(std::string_view channel, Generation generation) {
    const auto among = [channel](const auto& channels) {
        return std::find(channels.begin(), channels.end(), channel) != channels.end();
    };
    return generation == Generation::current ? among(current_channels) : among(legacy_channels);
}

bool is_older_version(std::string_view a, std::string_view b) {
    const auto numbers = [](std::string_view version) {
        std::vector<std::string> found;
        for (;;) {
            const std::string_view digits = version.substr(0, version.find_first_not_of("0123456789"));
            if (digits.empty()) return found;
            const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
            found.emplace_back(digits.substr(zeros));
            version.remove_prefix(digits.size());
            if (!version.starts_with('.')) return found;
            version.remove_prefix(1);
        }
    };
    std::vector<std::string> ours = numbers(a), theirs = numbers(b);
    if (ours.empty() || theirs.empty()) return false;
    ours.resize(std::max(ours.size(), theirs.size()), "0");
    theirs.resize(ours.size(), "0");
    return std::lexicographical_compare(
        ours.begin(), ours.end(), theirs.begin(), theirs.end(), [](const std::string& left, const std::string& right) {
            return left.size() != right.size() ? left.size() < right.size() : left < right;
        });
}

}  // namespace slipsdev
