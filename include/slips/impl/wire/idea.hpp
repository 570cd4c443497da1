// The categories of IDEA0, the alert format that defines the category of legacy evidence.
//
// Mirrors the classification that Slips 0.9 refers to (https://idea.cesnet.cz/en/classifications).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// All categories, in the order of the classification. A category includes its subcategories.
// clang-format off
inline constexpr std::array<std::string_view, 53> idea_categories{
    "Abusive", "Abusive.Spam", "Abusive.Harassment", "Abusive.Child", "Abusive.Sexual", "Abusive.Violence",
    "Malware", "Malware.Virus", "Malware.Worm", "Malware.Trojan", "Malware.Spyware", "Malware.Dialer",
    "Malware.Rootkit",
    "Recon", "Recon.Scanning", "Recon.Sniffing", "Recon.SocialEngineering", "Recon.Searching",
    "Attempt", "Attempt.Exploit", "Attempt.Login", "Attempt.NewSignature",
    "Intrusion", "Intrusion.AdminCompromise", "Intrusion.UserCompromise", "Intrusion.AppCompromise", "Intrusion.Botnet",
    "Availability", "Availability.DoS", "Availability.DDoS", "Availability.Sabotage", "Availability.Outage",
    "Information", "Information.UnauthorizedAccess", "Information.UnauthorizedModification",
    "Fraud", "Fraud.UnauthorizedUsage", "Fraud.Copyright", "Fraud.Masquerade", "Fraud.Phishing", "Fraud.Scam",
    "Vulnerable", "Vulnerable.Open", "Vulnerable.Config",
    "Anomaly", "Anomaly.Traffic", "Anomaly.Connection", "Anomaly.Protocol", "Anomaly.System", "Anomaly.Application",
    "Anomaly.Behaviour",
    "Other", "Test"};
// clang-format on

/// Returns true if `text` is a category, spelled exactly so.
constexpr bool is_idea_category(std::string_view text);

/// Returns the category that was obviously meant: Anomaly.Behaviour for "Anomaly.Behavior" and "anomaly.behaviour",
/// Recon.Scanning for "Scanning", Malware for "Malware.Ransom". Empty if none is near.
constexpr std::string_view nearest_idea_category(std::string_view text);

/// Returns the member of Slips' enum of categories (1.0.11 to 1.1.1) for a category; the nearest one if it has none.
constexpr std::string_view member_of_category(std::string_view category);

/// Returns the member of Slips' enum of tags (1.0.11 to 1.1.1) for an IDEA SourceTargetTag, ignoring case and '_'; empty if it
/// has none.
constexpr std::string_view member_of_tag(std::string_view tag);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Returns how many letters must be inserted, deleted or replaced, ignoring case; at most `limit`.
constexpr std::size_t edits_between(std::string_view a, std::string_view b, std::size_t limit) {
    constexpr std::size_t longest = 40;  // the longest category has 36 characters
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (a.size() > longest || b.size() > longest) return limit;
    std::array<std::size_t, longest + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (small(a[i - 1]) == small(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return std::min(row[b.size()], limit);
}

/// Returns whether the texts are equal but for case and separators.
constexpr bool same_letters(std::string_view a, std::string_view b) {
    const auto next = [](std::string_view& text) {
        while (!text.empty() && (text[0] == '_' || text[0] == '-' || text[0] == ' ')) text.remove_prefix(1);
        if (text.empty()) return '\0';
        const char c = text[0];
        text.remove_prefix(1);
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    };
    for (;;) {
        const char left = next(a), right = next(b);
        if (left != right) return false;
        if (left == '\0') return true;
    }
}

}  // namespace detail

constexpr bool is_idea_category(std::string_view text) {
    for (const std::string_view category : idea_categories)
        if (category == text) return true;
    return false;
}

constexpr std::string_view nearest_idea_category(std::string_view text) {
    std::string_view nearest{};
    std::size_t edits = 3;  // as many are not a typing error any more
    const auto consider = [&](std::string_view written, std::string_view spelled, std::string_view category) {
        const std::size_t found = detail::edits_between(written, spelled, edits);
        if (found >= edits || found * 3 >= spelled.size()) return;
        edits = found;
        nearest = category;
    };
    for (const std::string_view category : idea_categories) consider(text, category, category);
    if (!nearest.empty()) return nearest;
    for (const std::string_view category : idea_categories)
        if (const std::size_t dot = category.find('.'); dot != std::string_view::npos)
            consider(text, category.substr(dot + 1), category);
    const std::size_t dot = text.find('.');
    if (!nearest.empty() || dot == std::string_view::npos) return nearest;
    for (const std::string_view category : idea_categories) consider(text.substr(0, dot), category, category);
    return nearest;
}

constexpr std::string_view member_of_category(std::string_view category) {
    constexpr std::string_view members[][2] = {{"Anomaly.Traffic", "ANOMALY_TRAFFIC"},
                                               {"Anomaly.File", "ANOMALY_FILE"},
                                               {"Anomaly.Connection", "ANOMALY_CONNECTION"},
                                               {"Anomaly.Behaviour", "ANOMALY_BEHAVIOUR"},
                                               {"Information", "INFO"},
                                               {"Malware", "MALWARE"},
                                               {"Recon.Scanning", "RECON_SCANNING"},
                                               {"Attempt.Login", "ATTEMPT_LOGIN"},
                                               {"Recon", "RECON"},
                                               {"Intrusion.Botnet", "INTRUSION_BOTNET"}};
    for (const auto& [name, member] : members)
        if (name == category) return member;
    if (const std::string_view meant = nearest_idea_category(category); !meant.empty() && meant != category)
        return member_of_category(meant);
    for (const auto& [name, member] : members)
        if (category.substr(0, category.find('.')) == name) return member;
    return "ANOMALY_BEHAVIOUR";
}

constexpr std::string_view member_of_tag(std::string_view tag) {
    constexpr std::string_view members[] = {"SUSPICIOUS_USER_AGENT",
                                            "INCOMPATIBLE_USER_AGENT",
                                            "EXECUTABLE_MIME_TYPE",
                                            "MULTIPLE_USER_AGENT",
                                            "RECON",
                                            "SENDING_UNENCRYPTED_DATA",
                                            "MALWARE",
                                            "MITM",
                                            "ORIGIN_MALWARE",
                                            "CC",
                                            "BOTNET",
                                            "BLACKLISTED_ASN",
                                            "BLACKLISTED_IP",
                                            "BLACKLISTED_DOMAIN"};
    for (const std::string_view member : members)
        if (detail::same_letters(member, tag)) return member;
    return {};
}

}  // namespace slips::inline SLIPS_SDK_ABI
