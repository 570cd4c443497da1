// Tests of a module, in process: no Slips, no Redis, no framework.
//
//   slips::testing::Harness<Detector> host;
//   host.send<slips::NewFlow>({.saddr = "192.168.1.12", .daddr = "192.168.1.18"});
//   host.expect_evidence(1);
//
// What a message meets is what it meets in production, from the text that Slips publishes to the commands that Redis is
// given; only the sockets are absent, and Redis is a stand-in. A module's own file, with its main(), can be included:
//
//   #include <slips/slips.hpp>
//   #include <slips/testing.hpp>
//   #define main main_of_the_module
//   #include "../module.cpp"
//   #undef main
//
// Whatever fails throws Failure, of which doctest, Catch2 and GoogleTest print the text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/generation.hpp"
#include "slips/impl/testing/failure.hpp"
#include "slips/impl/testing/golden.hpp"
#include "slips/impl/testing/stage.hpp"
#include "slips/impl/wire/encode.hpp"
#include "slips/message.hpp"
#include "slips/version.hpp"

/// A module in a test, without Slips and without Redis.
namespace slips::inline SLIPS_SDK_ABI::testing {

/// A module in a test. See Stage for what else can happen to it (start, advance, wait_until, miss, stop), and for what came
/// of it (evidence, accepted, prints, published, complaints, stats, commands).
template <class M>
class Harness : public Stage<M> {
public:
    /// A module that has not started, and a Slips that is as `settings` say.
    explicit Harness(Settings settings = {}) : Stage<M>(std::move(settings)) {}
    /// The same with a Slips of that generation.
    explicit Harness(Generation generation) : Harness(Settings{.generation = generation}) {}

    using Stage<M>::send;

    /// Slips publishes a message: the text of its generation is made, and sent. Of a flow what is left out is filled in:
    /// profileid from saddr, twid "timewindow1", a uid, a time.
    template <class Message>
    void send(const Message& message);

    /// The same for a flow alone: `send<slips::NewFlow>({.saddr = "10.0.0.1", .daddr = "10.0.0.2"})`.
    template <class Message>
    void send(const decltype(Message::flow)& flow) {
        Message message;
        message.flow = flow;
        send(message);
    }

    /// A capture: `{"channel": …, "data": …}` a line. Channels that the module does not hear are passed over. How many
    /// messages it heard, at least one.
    std::size_t send_file(const std::filesystem::path& file);

    /// Of complaints(), those that refused evidence or publish().
    std::vector<std::string> refusals() const;

    // --- what should have come of it: each throws Failure with the difference -----------------------------------

    void expect_evidence(std::size_t count) const;  ///< as evidence() has it

    /// Each evidence about a flow, of which one side is the attacker, names a victim.
    void expect_victims() const;

    /// evidence() is as in a file, one a line, as normalised() has it. SLIPS_UPDATE_GOLDEN=1 writes the file.
    void expect_golden(const std::filesystem::path& file) const;

    void expect_refusals(std::size_t count) const;  ///< where they are not thrown: see Settings::strict
    void expect_print(std::string_view part) const;  ///< at least one with this in it

private:
    template <class Flow>
    void fill_in(FlowMessage<Flow>& message);

    std::size_t flows_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

template <class M>
template <class Message>
void Harness<M>::send(const Message& message) {
    const std::string_view channel = channel_of<Message>(this->settings().generation);
    if (channel.empty())
        throw Failure("slips: " + std::string(to_string(this->settings().generation)) + " Slips has no such message");
    this->start();
    Message filled = message;
    filled.version = this->settings().generation == Generation::current ? this->settings().slips_version : std::string();
    if constexpr (requires { fill_in(filled); }) fill_in(filled);
    send(channel, wire::encode(filled, this->settings().generation));
}

template <class M>
template <class Flow>
void Harness<M>::fill_in(FlowMessage<Flow>& message) {
    const std::string number = std::to_string(++flows_);
    if constexpr (requires { message.flow.uid; }) {
        if (message.flow.uid.empty()) message.flow.uid = "CTest" + number;
    }
    if constexpr (requires { message.flow.starttime = 0.0; }) {
        if (!message.flow.starttime) message.flow.starttime = 1700000000.0 + static_cast<double>(flows_);
        if (message.stime.empty()) message.stime = *message.flow.starttime;
    }
    if (message.profileid.empty() && !message.flow.saddr.empty()) message.profileid = "profile_" + message.flow.saddr;
    if (message.twid.empty()) message.twid = "timewindow1";
}

template <class M>
std::size_t Harness<M>::send_file(const std::filesystem::path& file) {
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
        const auto message = nlohmann::json::parse(line, nullptr, false);
        lines.push_back({place, detail::text_of(message, "channel"), detail::text_of(message, "data")});
        if (lines.back().channel.empty()) throw Failure("slips: " + place + R"(not {"channel": "…", "data": "…"})");
        this->take_version(nlohmann::json::parse(lines.back().text, nullptr, false));
    }
    this->start();
    std::size_t heard = 0;
    for (const auto& [place, channel, text] : lines) {
        if (!this->hears(channel)) continue;
        try {
            send(channel, text);
        } catch (const Failure& failure) {
            throw Failure(place + failure.what());
        }
        heard += std::find(this->channels().begin(), this->channels().end(), channel) != this->channels().end();
    }
    if (heard == 0)
        throw Failure("slips: " + file.string() + " holds nothing that the module hears, which is:" +
                      detail::listed(this->channels()));
    return heard;
}

template <class M>
std::vector<std::string> Harness<M>::refusals() const {
    std::vector<std::string> lines;
    const auto& complaints = this->complaints();
    std::copy_if(complaints.begin(), complaints.end(), std::back_inserter(lines),
                 [](const std::string& line) { return line.find(" refused: ") != std::string::npos; });
    return lines;
}

template <class M>
void Harness<M>::expect_evidence(std::size_t count) const {
    const std::size_t found = this->evidence().size();
    if (found == count) return;
    std::vector<std::string> lines;
    for (const EvidenceAdded& one : this->evidence()) lines.push_back(one.type + ": " + one.description);
    throw Failure("slips: expected " + std::to_string(count) + " evidence, found " + std::to_string(found) + ":" +
                  detail::listed(lines) +
                  (this->complaints().empty() ? "" : "\nand was told:" + detail::listed(this->complaints())));
}

template <class M>
void Harness<M>::expect_victims() const {
    std::vector<std::string> without;
    for (const auto& [evidence, context] : this->accepted()) {
        const std::string& attacker = evidence.attacker.value;
        if (context.saddr.empty() || context.daddr.empty() || !evidence.victim.empty()) continue;
        if (attacker != context.saddr && attacker != context.daddr) continue;
        without.push_back(evidence.description + " (the attacker is " + attacker + "; .victim may be " +
                          (attacker == context.saddr ? context.daddr : context.saddr) + ")");
    }
    if (!without.empty()) throw Failure("slips: evidence without a victim:" + detail::listed(without));
}

template <class M>
void Harness<M>::expect_golden(const std::filesystem::path& file) const {
    std::vector<std::string> texts;
    for (const EvidenceAdded& one : this->evidence()) texts.emplace_back(one.payload.view());
    testing::expect_golden(file, normalised(texts));
}

template <class M>
void Harness<M>::expect_refusals(std::size_t count) const {
    const auto lines = refusals();
    if (lines.size() == count) return;
    throw Failure("slips: expected " + std::to_string(count) + " refusals, found " + std::to_string(lines.size()) + ":" +
                  detail::listed(lines));
}

template <class M>
void Harness<M>::expect_print(std::string_view part) const {
    std::vector<std::string> lines;
    for (const Print& print : this->prints()) {
        if (print.text.find(part) != std::string::npos) return;
        lines.push_back(print.text);
    }
    throw Failure("slips: expected a print with \"" + std::string(part) + "\", found:" + detail::listed(lines));
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
