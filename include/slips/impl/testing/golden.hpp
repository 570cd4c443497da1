// Golden files: expected evidence, one JSON object per line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/testing/failure.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Returns published evidence without what differs from run to run: an id becomes "<id 1>", the same id the same number; a
/// time becomes "<time>", unless `with_times`; the version is removed.
std::vector<std::string> normalised(const std::vector<std::string>& evidence, bool with_times = false);

/// Compares lines with those of `file`. Throws Failure with the difference. If SLIPS_UPDATE_GOLDEN is set and not 0, writes
/// the file instead, and logs it to stderr.
void expect_golden(const std::filesystem::path& file, const std::vector<std::string>& lines);

// ---------------------------------------------------------------------------------------------------------

namespace detail {

using Json = nlohmann::ordered_json;

inline void normalise(Json& value, std::map<std::string, std::string>& ids, bool with_times) {
    static const std::set<std::string, std::less<>> id_keys{"id", "ID", "rel_id"}, time_keys{"timestamp", "stime"};
    const auto number = [&ids](Json& id) {
        if (id.is_string())
            id = ids.try_emplace(id.get<std::string>(), "<id " + std::to_string(ids.size() + 1) + ">").first->second;
    };
    value.erase("version");
    for (auto& [key, held] : value.items()) {
        if (time_keys.contains(key)) {
            if (!with_times) held = "<time>";
        } else if (id_keys.contains(key) && held.is_array()) {
            std::for_each(held.begin(), held.end(), number);
        } else if (id_keys.contains(key)) {
            number(held);
        }
    }
}

/// "victim.value": "a" was expected, "b" came. For each member in which two objects differ.
inline std::string members_apart(const std::string& expected, const std::string& found) {
    const Json a = Json::parse(expected, nullptr, false), b = Json::parse(found, nullptr, false);
    if (!a.is_object() || !b.is_object()) return "    expected: " + expected + "\n    found:    " + found + "\n";
    const Json flat_a = a.flatten(), flat_b = b.flatten();
    std::string text;
    const auto shown = [](const Json& flat, const std::string& key) {
        return flat.contains(key) ? flat.at(key).dump(-1, ' ', true) : std::string("nothing");
    };
    std::vector<std::string> keys;
    for (const auto& [key, value] : flat_a.items()) keys.push_back(key);
    for (const auto& [key, value] : flat_b.items())
        if (!flat_a.contains(key)) keys.push_back(key);
    for (const std::string& key : keys) {
        const std::string wanted = shown(flat_a, key), is = shown(flat_b, key);
        if (wanted != is) text += "    " + key.substr(1) + ": expected " + wanted + ", found " + is + "\n";
    }
    return text.empty() ? "    only the order of the keys differs\n" : text;
}

/// What has to be done to `expected` to get `found`: as few lines as possible, each with its number.
inline std::string lines_apart(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
    const std::size_t n = expected.size(), m = found.size();
    std::vector<std::vector<std::size_t>> common(n + 1, std::vector<std::size_t>(m + 1));  // of what is left of both
    for (std::size_t i = n; i-- > 0;)
        for (std::size_t j = m; j-- > 0;)
            common[i][j] =
                expected[i] == found[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    std::string text;
    for (std::size_t i = 0, j = 0; i < n || j < m;) {
        if (i < n && j < m && expected[i] == found[j]) {
            ++i, ++j;
        } else if (i < n && j < m && common[i + 1][j + 1] == common[i][j]) {  // neither is anywhere else
            text += "  line " + std::to_string(i + 1) + " differs:\n" + members_apart(expected[i], found[j]);
            ++i, ++j;
        } else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1])) {
            text += "  line " + std::to_string(i + 1) + " did not come:\n    " + expected[i] + "\n";
            ++i;
        } else {
            text += "  after line " + std::to_string(i) + " came:\n    " + found[j] + "\n";
            ++j;
        }
    }
    return text;
}

}  // namespace detail

inline std::vector<std::string> normalised(const std::vector<std::string>& evidence, bool with_times) {
    std::vector<std::string> lines;
    std::map<std::string, std::string> ids;
    for (const std::string& text : evidence) {
        detail::Json json = detail::Json::parse(text);
        detail::normalise(json, ids, with_times);
        lines.push_back(json.dump(-1, ' ', true));
    }
    return lines;
}

inline void expect_golden(const std::filesystem::path& file, const std::vector<std::string>& lines) {
    const std::string path = std::filesystem::absolute(file).lexically_normal().string();
    if (const char* update = std::getenv("SLIPS_UPDATE_GOLDEN"); update && *update && std::string_view(update) != "0") {
        std::ofstream out(path, std::ios::trunc);
        for (const std::string& line : lines) out << line << '\n';
        if (!out.flush()) throw Failure("slips: cannot write " + path);
        std::fprintf(stderr, "slips: wrote %zu lines to %s\n", lines.size(), path.c_str());
        return;
    }
    std::ifstream in(path);
    if (!in)
        throw Failure("slips: " + path +
                      " does not exist; run this test once with SLIPS_UPDATE_GOLDEN=1 in its environment, "
                      "which writes it, and look at what it wrote");
    std::vector<std::string> expected;
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) expected.push_back(std::move(line));
    if (expected != lines)
        throw Failure("slips: the evidence is not what " + path + " expects:\n" + detail::lines_apart(expected, lines) +
                      "  (SLIPS_UPDATE_GOLDEN=1 takes what came for right)");
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
