// Both parsers read the same values from every message, complete or broken.
#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../recordings.hpp"
#include "decoded.hpp"

namespace {

using Message = std::pair<std::string, std::string>;  // channel, payload

void read(const std::filesystem::path& file, std::vector<Message>& out) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        if (message.is_object() && message.contains("channel") && message["data"].is_string())
            out.emplace_back(message["channel"].get<std::string>(), message["data"].get<std::string>());
    }
}

/// The messages in the repository, and those in the folder that SLIPS_TEST_CAPTURES names.
const std::vector<Message>& messages() {
    static const std::vector<Message> all = [] {
        const std::filesystem::path source = SLIPS_TEST_SOURCE_DIR;
        std::vector<Message> found;
        const auto captures = folder_named_by("SLIPS_TEST_CAPTURES");
        for (const auto& folder : {source / "tests/data/messages", source / "tests/data/examples",
                                   captures.value_or(std::filesystem::path())}) {
            if (!std::filesystem::is_directory(folder)) continue;
            for (const auto& file : std::filesystem::directory_iterator(folder))
                if (file.path().extension() == ".jsonl") read(file.path(), found);
        }
        return found;
    }();
    return all;
}

void compare(const Message& message) {
    const std::string& channel = message.first;
    const std::string& payload = message.second;
    const std::string expected = decoded_by_nlohmann(channel, payload);
    const std::string found = decoded_by_simdjson(channel, payload);
    if (expected == found) return;
    CAPTURE(channel);
    CAPTURE(payload);
    CHECK(found == expected);
}

}  // namespace

TEST_CASE("both parsers read the same values from every known message") {
    REQUIRE(messages().size() > 100);
    std::size_t decoded = 0;
    for (const Message& message : messages()) {
        compare(message);
        decoded += decoded_by_simdjson(message.first, message.second).find("refused") == std::string::npos;
    }
    CHECK(decoded > 100);
}

TEST_CASE("both parsers read the same values from broken and unusual messages") {
    const std::string pieces[] = {"\\ud800",
                                  "\\udc00x",
                                  "\"uri\": \"\\ud800\", ",
                                  "\"dpkts\": " + std::string(401, '9') + ", ",
                                  "\\u0000",
                                  "\\ud83d\\ude00",
                                  "NaN",
                                  "Infinity",
                                  "-Infinity",
                                  "1e999",
                                  "-0.0",
                                  "1E5",
                                  "01",
                                  "0x10",
                                  "18446744073709551615",
                                  "18446744073709551616",
                                  "9223372036854775808",
                                  "-9223372036854775809",
                                  "1.7976931348623157e309",
                                  "null",
                                  "true",
                                  "[[1], {\"a\": [2]}]",
                                  "{\"uid\": \"x\"}",
                                  "\"flow\": 5, ",
                                  "\"uid\": \"second\", ",
                                  "\"",
                                  "\\",
                                  "{",
                                  "}",
                                  "[",
                                  "]",
                                  ",",
                                  ":",
                                  " ",
                                  "\t",
                                  "\n",
                                  std::string(1, '\0'),
                                  "\xff",
                                  "\xc0\x80",
                                  "\xed\xa0\x80",
                                  "\xef\xbb\xbf",
                                  "\xf0\x9f\x98\x80",
                                  "/* */",
                                  "\"daddr\": \"\", ",
                                  "\"daddr\": null, ",
                                  "\"sport\": -1, ",
                                  "\"dur\": \"1e-3\", ",
                                  std::string(1100, '['),
                                  "\"deep\": " + std::string(1100, '[') + std::string(1100, ']') + ", "};
    std::mt19937 random(1);
    const auto below = [&random](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    for (int round = 0; round < 30'000; ++round) {
        Message message = messages()[below(messages().size())];
        std::string& text = message.second;
        for (std::size_t change = 0; change <= below(3) && !text.empty(); ++change) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text.erase(at, 1 + below(8)); break;
                case 1: text[at] = static_cast<char>(below(256)); break;
                case 2: text.resize(at); break;
                default: {
                    // mostly at the start of a value or a key
                    const std::size_t place = below(4) == 0 ? at : text.find_first_of(":{[,", at);
                    text.insert(place == std::string::npos ? at : std::min(place + 1, text.size()),
                                pieces[below(std::size(pieces))]);
                }
            }
        }
        compare(message);
    }
}

TEST_CASE("the last of duplicate keys wins, also if an earlier one held more") {
    const std::string text =
        R"({"profileid": "profile_10.0.0.1", "twid": "timewindow1", "flow": {"uid": "C1", "saddr": "10.0.0.1", "daddr": "10.0.0.2", "dport": 80, "dport": "443", "saddr": "10.0.0.3"}, "flow": {"uid": "C2", "saddr": "10.0.0.4", "daddr": "10.0.0.5"}, "version": "1.1.20", "version": "1.1.21"})";
    compare({"new_flow", text});
    const std::string decoded = decoded_by_simdjson("new_flow", text);
    CHECK(decoded.find("C2") != std::string::npos);
    CHECK(decoded.find("C1") == std::string::npos);
    CHECK(decoded.find("443") == std::string::npos);
    CHECK(decoded.find("1.1.21") != std::string::npos);
}

TEST_CASE("both parsers read the same numbers in the place of every number") {
    const std::string numbers[] = {"9223372036854775807",
                                   "9223372036854775808",
                                   "18446744073709551615",
                                   "18446744073709551616",
                                   "1000000000000000000000000000000",
                                   "-9223372036854775808",
                                   "-9223372036854775809",
                                   "-1000000000000000000000000000000",
                                   "1e300",
                                   "-1e300",
                                   "9.3e18",
                                   "-0"};
    std::size_t replaced = 0;
    for (const auto& [channel, payload] : messages()) {
        for (std::size_t at = payload.find(": "); at != std::string::npos; at = payload.find(": ", at + 2)) {
            const std::size_t begin = at + 2, end = payload.find_first_not_of("-+.0123456789eE", begin);
            if (end == std::string::npos || end == begin) continue;
            const std::string& number = numbers[replaced++ % std::size(numbers)];
            compare({channel, payload.substr(0, begin) + number + payload.substr(end)});
        }
    }
    CHECK(replaced > 500);
}
