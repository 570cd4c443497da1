// The functions of HarnessBase.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/impl/boundary/config.hpp"
#include "slips/impl/boundary/fake_redis.hpp"
#include "slips/impl/boundary/message.hpp"
#include "slips/impl/boundary/module.hpp"
#include "slips/impl/boundary/queries.hpp"
#include "slips/impl/boundary/stats.hpp"
#include "slips/impl/testing/fake_redis.hpp"
#include "slips/impl/testing/golden.hpp"
#include "slips/impl/testing/stage.hpp"
#include "slips/impl/wire/encode.hpp"
#include "slips/impl/wire/json_value.hpp"
#include "slips/log_level.hpp"
#include "slips/testing.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

namespace detail {
template <class M>
std::string encode(const M& message, Generation generation) {
    return wire::encode(message, generation);
}
}  // namespace detail

SLIPS_SDK_DECL HarnessBase::HarnessBase(const slips::detail::ModuleType& type, Settings settings)
    : stage_(std::make_unique<Stage>(type, std::move(settings))) {}
SLIPS_SDK_DECL HarnessBase::~HarnessBase() = default;

SLIPS_SDK_DECL ModuleBase& HarnessBase::module_base() { return stage_->instance().module(); }
SLIPS_SDK_DECL const Settings& HarnessBase::settings() const { return stage_->settings(); }
SLIPS_SDK_DECL FakeRedis& HarnessBase::redis() { return stage_->redis(); }
SLIPS_SDK_DECL FakeRedis& HarnessBase::cache() { return stage_->cache(); }
SLIPS_SDK_DECL Store& HarnessBase::store() { return stage_->store(); }

SLIPS_SDK_DECL void HarnessBase::start() { stage_->start(); }
SLIPS_SDK_DECL void HarnessBase::send(std::string_view channel, std::string_view text) { stage_->send(channel, text); }
SLIPS_SDK_DECL void HarnessBase::advance(Clock::duration time) { stage_->advance(time); }
SLIPS_SDK_DECL void HarnessBase::wait_until_true(const std::function<bool()>& holds) { stage_->wait_until(holds); }
SLIPS_SDK_DECL void HarnessBase::miss(std::chrono::milliseconds time) { stage_->miss(time); }
SLIPS_SDK_DECL void HarnessBase::stop() { stage_->stop(); }
SLIPS_SDK_DECL void HarnessBase::set_patience(std::chrono::nanoseconds patience) { stage_->set_patience(patience); }

SLIPS_SDK_DECL const std::vector<EvidenceAdded>& HarnessBase::evidence() const { return stage_->evidence(); }
SLIPS_SDK_DECL const std::vector<Accepted>& HarnessBase::accepted() const { return stage_->accepted(); }
SLIPS_SDK_DECL const std::vector<Print>& HarnessBase::prints() const { return stage_->prints(); }
SLIPS_SDK_DECL const std::vector<Logged>& HarnessBase::logged() const { return stage_->logged(); }
SLIPS_SDK_DECL const std::vector<Published>& HarnessBase::published() const { return stage_->published(); }
SLIPS_SDK_DECL const std::vector<std::string>& HarnessBase::complaints() const { return stage_->complaints(); }
SLIPS_SDK_DECL const Stats& HarnessBase::stats() const { return stage_->stats(); }
SLIPS_SDK_DECL const std::vector<std::string>& HarnessBase::commands() const { return stage_->commands(); }
SLIPS_SDK_DECL const std::vector<std::string>& HarnessBase::asked() const { return stage_->asked(); }

SLIPS_SDK_DECL std::size_t HarnessBase::send_file(const std::filesystem::path& file) {
    struct Line {
        std::string place{}, channel{}, text{};
    };
    std::ifstream in(file);
    if (!in) throw Failure("slips: cannot read " + std::filesystem::absolute(file).string());
    std::vector<Line> lines;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        const std::string place = file.string() + ":" + std::to_string(++number) + ": ";
        if (line.empty()) continue;
        const auto message = wire::parse_value(line);
        lines.push_back({place, wire::text_of(message, "channel"), wire::text_of(message, "data")});
        if (lines.back().channel.empty()) throw Failure("slips: " + place + R"(not {"channel": "…", "data": "…"})");
        stage_->take_version(wire::parse_value(lines.back().text));
    }
    start();
    const auto& channels = stage_->channels();
    std::size_t received = 0;
    for (const auto& [place, channel, text] : lines) {
        if (!stage_->subscribes_to(channel)) continue;
        try {
            send(channel, text);
        } catch (const Failure& failure) {
            throw Failure(place + failure.what());
        }
        received += std::find(channels.begin(), channels.end(), channel) != channels.end();
    }
    if (received == 0)
        throw Failure("slips: " + file.string() +
                      " has no messages of the channels that the module subscribes to:" + detail::listed(channels));
    return received;
}

SLIPS_SDK_DECL std::vector<std::string> HarnessBase::refusals() const {
    std::vector<std::string> lines;
    std::copy_if(complaints().begin(), complaints().end(), std::back_inserter(lines),
                 [](const std::string& line) { return line.find(" refused: ") != std::string::npos; });
    return lines;
}

SLIPS_SDK_DECL void HarnessBase::expect_evidence(std::size_t count) const {
    if (evidence().size() == count) return;
    std::vector<std::string> lines;
    for (const EvidenceAdded& one : evidence()) lines.push_back(one.type + ": " + one.description);
    throw Failure("slips: expected " + std::to_string(count) + " evidence, found " + std::to_string(evidence().size()) +
                  ":" + detail::listed(lines) +
                  (complaints().empty() ? "" : "\nand was logged:" + detail::listed(complaints())));
}

SLIPS_SDK_DECL void HarnessBase::expect_victims() const {
    std::vector<std::string> without;
    for (const auto& [evidence, context] : accepted()) {
        const std::string& attacker = evidence.attacker.value;
        if (context.saddr.empty() || context.daddr.empty() || !evidence.victim.empty()) continue;
        if (attacker != context.saddr && attacker != context.daddr) continue;
        without.push_back(evidence.description + " (the attacker is " + attacker + "; .victim may be " +
                          (attacker == context.saddr ? context.daddr : context.saddr) + ")");
    }
    if (!without.empty()) throw Failure("slips: evidence without a victim:" + detail::listed(without));
}

SLIPS_SDK_DECL void HarnessBase::expect_golden(const std::filesystem::path& file) const {
    std::vector<std::string> texts;
    for (const EvidenceAdded& one : evidence()) texts.emplace_back(one.payload.view());
    testing::expect_golden(file, normalised(texts, settings().golden_times));
}

SLIPS_SDK_DECL void HarnessBase::expect_refusals(std::size_t count) const {
    const auto lines = refusals();
    if (lines.size() == count) return;
    throw Failure("slips: expected " + std::to_string(count) + " refusals, found " + std::to_string(lines.size()) +
                  ":" + detail::listed(lines));
}

SLIPS_SDK_DECL void HarnessBase::expect_print(std::string_view part) const {
    std::vector<std::string> lines;
    for (const Print& print : prints()) {
        if (print.text.find(part) != std::string::npos) return;
        lines.push_back(print.text);
    }
    throw Failure("slips: expected a print with \"" + std::string(part) + "\", found:" + detail::listed(lines));
}

SLIPS_SDK_DECL void HarnessBase::expect_logged(LogLevel level, std::string_view part) const {
    std::vector<std::string> lines;
    for (const Logged& line : logged()) {
        if (line.level == level && line.text.find(part) != std::string::npos) return;
        lines.push_back(std::string(to_string(line.level)) + ": " + line.text);
    }
    throw Failure("slips: expected a line of level " + std::string(to_string(level)) + " with \"" + std::string(part) +
                  "\", found:" + detail::listed(lines));
}

SLIPS_SDK_DECL void HarnessBase::expect_store(const std::map<std::string, std::string>& values) const {
    const auto stored = stage_->store().all();
    std::vector<std::string> differences;
    for (const auto& [name, value] : values) {
        const auto found = stored.find(name);
        if (found == stored.end()) differences.push_back(name + " is missing; expected " + value);
        else if (found->second != value) differences.push_back(name + " is " + found->second + "; expected " + value);
    }
    for (const auto& [name, value] : stored)
        if (!values.contains(name)) differences.push_back(name + " is " + value + "; expected no such value");
    if (!differences.empty()) throw Failure("slips: the module's store differs:" + detail::listed(differences));
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
