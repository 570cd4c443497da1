// LinearModel: a binary linear model as scikit-learn trains it, read from the JSON file that export_model.py writes.
//
//   {
//     "classes": ["Benign", "Malicious"],       the second is predicted where the score is positive
//     "malicious": "Malicious",                 the class that is reported
//     "protocols": ["tcp", "udp"],              only flows of these are classified; absent: all
//     "features": [{"name": "dur"}, {"name": "proto", "categories": {"tcp": 0, "udp": 1}, "other": 0}],
//     "mean": [0.5, 0.2], "scale": [1.5, 0.4],  of StandardScaler; absent: the features are not scaled
//     "coefficients": [0.25, -1.5],
//     "intercept": 0.125
//   }
//
// score = intercept + sum((value - mean) / scale * coefficient). A number that a flow does not have counts as 0, a text that is
// no category as "other" (0 if absent). Texts are compared without regard to case. Other keys are refused.
#pragma once

#include <slips/slips.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

class LinearModel {
public:
    /// Returns the model in a file. Throws std::runtime_error with the file and the reason.
    static LinearModel load(const std::filesystem::path& path) {
        std::error_code missing;
        const auto status = std::filesystem::status(path, missing);
        // opening a pipe would wait for ever
        if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
            throw std::runtime_error("cannot use the model " + path.string() + ": it is no regular file");
        std::ifstream file(path);
        if (!file) throw std::runtime_error("cannot open the model " + path.string());
        try {
            return LinearModel(nlohmann::json::parse(file));
        } catch (const std::exception& error) {
            throw std::runtime_error("cannot use the model " + path.string() + ": " + error.what());
        }
    }

    /// Reads a model. Throws std::exception if anything is missing, unknown, no finite number, or of the wrong length.
    explicit LinearModel(const nlohmann::json& json) {
        const nlohmann::json& features = member(json, "features");
        if (!features.is_array() || features.empty()) throw std::runtime_error("\"features\" is no list of features");
        for (std::size_t i = 0; i < features.size(); ++i) {
            const std::string where = "features[" + std::to_string(i) + "]";
            features_.push_back(feature(features[i], where));
            for (std::size_t earlier = 0; earlier < i; ++earlier) {
                if (features[earlier]["name"] == features[i]["name"])
                    throw std::runtime_error(where + " is the same as features[" + std::to_string(earlier) + "]");
            }
        }
        only_these(
            json, "a model",
            {"model", "classes", "malicious", "protocols", "features", "mean", "scale", "coefficients", "intercept"});
        const std::vector<double> weights = numbers(json, "coefficients");
        const std::vector<double> means = json.contains("mean") ? numbers(json, "mean") : repeated(0.0);
        const std::vector<double> scales = json.contains("scale") ? numbers(json, "scale") : repeated(1.0);
        for (std::size_t i = 0; i < features_.size(); ++i) {
            if (scales[i] == 0) throw std::runtime_error("scale[" + std::to_string(i) + "] is 0");
            features_[i].mean = means[i];
            features_[i].scale = scales[i];
            features_[i].weight = weights[i];
        }
        intercept_ = number(member(json, "intercept"), "\"intercept\"");

        const std::vector<std::string> classes = texts(json, "classes");
        const std::string malicious = text(member(json, "malicious"), "\"malicious\"");
        if (classes.size() != 2)
            throw std::runtime_error("\"classes\" has " + std::to_string(classes.size()) + " names, not 2");
        if (classes[0] == classes[1]) throw std::runtime_error("\"classes\" has the same name twice");
        if (malicious != classes[0] && malicious != classes[1]) {
            throw std::runtime_error("\"malicious\" is \"" + malicious + "\", which is none of \"classes\"");
        }
        malicious_if_positive_ = malicious == classes[1];
        if (json.contains("protocols")) protocols_ = texts(json, "protocols");
        for (const std::string& protocol : protocols_) {
            if (std::none_of(protocols.begin(), protocols.end(), [&](auto known) { return same(known, protocol); }))
                throw std::runtime_error(no_protocol(protocol));
        }
    }

    /// Returns whether the model classifies flows of this protocol.
    bool covers(const slips::NewFlow& msg) const {
        if (protocols_.empty()) return true;
        return std::any_of(protocols_.begin(), protocols_.end(),
                           [&](const std::string& protocol) { return same(protocol, msg.flow.proto); });
    }

    /// Returns decision_function() of scikit-learn: positive for the second of the classes.
    double score(const slips::NewFlow& msg) const {
        double sum = 0;
        for (const Feature& feature : features_)
            sum += (value(feature, msg) - feature.mean) / feature.scale * feature.weight;
        return sum + intercept_;
    }

    /// Returns whether a flow with this score is of the class that is reported.
    bool is_malicious(double score) const { return (score > 0) == malicious_if_positive_; }

    /// Returns the number of features.
    std::size_t size() const { return features_.size(); }

private:
    using Number = std::optional<double> (*)(const slips::NewFlow&);
    using Text = const std::string& (*)(const slips::NewFlow&);

    struct Feature {
        Number number = nullptr;
        Text text = nullptr;  // one of the two
        std::vector<std::pair<std::string, double>> categories{};
        double other = 0;
        double mean = 0;
        double scale = 1;
        double weight = 0;
    };

    template <class T>
    static std::optional<double> as_double(const std::optional<T>& count) {
        return count ? std::optional<double>(static_cast<double>(*count)) : std::nullopt;
    }

    // Of Slips, `bytes` and `pkts` of both directions are absent in some releases, and `pkts` is another sum in old ones.
    static std::optional<double> sum(const std::optional<std::int64_t>& first,
                                     const std::optional<std::int64_t>& second,
                                     const std::optional<std::int64_t>& both) {
        if (first && second) return static_cast<double>(*first) + static_cast<double>(*second);
        return as_double(both);
    }

    // Slips up to 1.1.1 sends the sum of both directions, and of them only the first.
    static std::optional<double> other_part(const std::optional<std::int64_t>& second,
                                            const std::optional<std::int64_t>& both,
                                            const std::optional<std::int64_t>& first) {
        if (second || !both || !first || *first < 0 || *both < *first) return as_double(second);
        return static_cast<double>(*both - *first);
    }

    static const std::string& as_current_slips(const std::string& interpreted_state) {
        static const std::string current = "Not Established";
        return interpreted_state == "NotEstablished" ? current : interpreted_state;
    }

    static constexpr std::array<std::pair<std::string_view, Number>, 9> numeric{{
        {"dur", [](const slips::NewFlow& msg) { return msg.flow.dur; }},
        {"sport", [](const slips::NewFlow& msg) { return as_double(msg.flow.sport); }},
        {"dport", [](const slips::NewFlow& msg) { return as_double(msg.flow.dport); }},
        {"spkts", [](const slips::NewFlow& msg) { return as_double(msg.flow.spkts); }},
        {"dpkts", [](const slips::NewFlow& msg) { return other_part(msg.flow.dpkts, msg.flow.pkts, msg.flow.spkts); }},
        {"pkts", [](const slips::NewFlow& msg) { return sum(msg.flow.spkts, msg.flow.dpkts, msg.flow.pkts); }},
        {"sbytes", [](const slips::NewFlow& msg) { return as_double(msg.flow.sbytes); }},
        {"dbytes",
         [](const slips::NewFlow& msg) { return other_part(msg.flow.dbytes, msg.flow.bytes, msg.flow.sbytes); }},
        {"bytes", [](const slips::NewFlow& msg) { return sum(msg.flow.sbytes, msg.flow.dbytes, msg.flow.bytes); }},
    }};

    static constexpr std::array<std::pair<std::string_view, Text>, 4> textual{{
        {"proto", [](const slips::NewFlow& msg) -> const std::string& { return msg.flow.proto; }},
        {"appproto", [](const slips::NewFlow& msg) -> const std::string& { return msg.flow.appproto; }},
        {"state", [](const slips::NewFlow& msg) -> const std::string& { return msg.flow.state; }},
        {"interpreted_state",
         [](const slips::NewFlow& msg) -> const std::string& {
             return as_current_slips(msg.interpreted_state.empty() ? msg.flow.interpreted_state
                                                                   : msg.interpreted_state);
         }},
    }};

    // Of Zeek, Argus, Suricata and nfdump, as Slips passes them on
    static constexpr std::array<std::string_view, 14> protocols{
        "tcp", "udp",  "icmp", "ipv6-icmp", "icmp6", "arp",     "igmp",
        "gre", "sctp", "esp",  "ah",        "ospf",  "udplite", "unknown_transport"};

    static double value(const Feature& feature, const slips::NewFlow& msg) {
        if (feature.number) return feature.number(msg).value_or(0);
        const std::string& text = feature.text(msg);
        for (const auto& [name, number] : feature.categories) {
            if (same(name, text)) return number;
        }
        return feature.other;
    }

    static bool same(std::string_view a, std::string_view b) {
        const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
    }

    static Feature feature(const nlohmann::json& json, const std::string& where) {
        const std::string name = text(member(json, "name"), where + ".name");
        Feature feature;
        for (const auto& [known, number] : numeric) {
            if (known == name) feature.number = number;
        }
        for (const auto& [known, text] : textual) {
            if (known == name) feature.text = text;
        }
        if (!feature.number && !feature.text) throw std::runtime_error(unknown(name, where));
        if (!feature.text) {
            only_these(json, where, {"name"});
            return feature;
        }
        only_these(json, where, {"name", "categories", "other"});
        const nlohmann::json& categories = member(json, "categories");
        if (!categories.is_object()) throw std::runtime_error(where + ".categories is no object {text: number}");
        for (const auto& [category, number_of] : categories.items()) {
            feature.categories.emplace_back(category, number(number_of, where + ".categories[\"" + category + "\"]"));
        }
        if (json.contains("other")) feature.other = number(json["other"], where + ".other");
        return feature;
    }

    static std::string unknown(const std::string& name, const std::string& where) {
        std::string message = where + ".name: \"" + name + "\" is no feature of a flow; the features are";
        for (const auto& [known, number] : numeric) message.append(" ").append(known).append(",");
        for (const auto& [known, text] : textual) message.append(" ").append(known).append(",");
        message.pop_back();
        return message;
    }

    static std::string no_protocol(const std::string& name) {
        std::string message = "\"protocols\": \"" + name + "\" is no protocol of a flow; the protocols are";
        for (const std::string_view known : protocols) message.append(" ").append(known).append(",");
        message.pop_back();
        return message;
    }

    // A misspelt key would be a model that decides differently.
    static void only_these(const nlohmann::json& json, const std::string& what,
                           std::initializer_list<std::string_view> known) {
        for (const auto& [key, value] : json.items()) {
            if (std::find(known.begin(), known.end(), key) == known.end())
                throw std::runtime_error(what + " has no \"" + key + "\"");
        }
    }

    static const nlohmann::json& member(const nlohmann::json& json, const char* name) {
        const auto found = json.find(name);
        if (found == json.end()) throw std::runtime_error("\"" + std::string(name) + "\" is missing");
        return *found;
    }

    static double number(const nlohmann::json& json, const std::string& where) {
        if (!json.is_number() || !std::isfinite(json.get<double>()))
            throw std::runtime_error(where + " is no finite number");
        return json.get<double>();
    }

    static std::string text(const nlohmann::json& json, const std::string& where) {
        if (!json.is_string()) throw std::runtime_error(where + " is no text");
        return json.get<std::string>();
    }

    static std::vector<std::string> texts(const nlohmann::json& json, const char* name) {
        const nlohmann::json& list = member(json, name);
        if (!list.is_array()) throw std::runtime_error("\"" + std::string(name) + "\" is no list");
        std::vector<std::string> all;
        for (const nlohmann::json& element : list)
            all.push_back(text(element, "an element of \"" + std::string(name) + "\""));
        return all;
    }

    std::vector<double> repeated(double value) const { return std::vector<double>(features_.size(), value); }

    // One number for each feature.
    std::vector<double> numbers(const nlohmann::json& json, const char* name) const {
        const nlohmann::json& list = member(json, name);
        if (!list.is_array() || list.size() != features_.size()) {
            throw std::runtime_error("\"" + std::string(name) + "\" is no list of " + std::to_string(features_.size()) +
                                     " numbers, one for each feature");
        }
        std::vector<double> all;
        for (std::size_t i = 0; i < list.size(); ++i) {
            all.push_back(number(list[i], std::string(name) + "[" + std::to_string(i) + "]"));
        }
        return all;
    }

    std::vector<Feature> features_{};
    std::vector<std::string> protocols_{};
    double intercept_ = 0;
    bool malicious_if_positive_ = true;
};
