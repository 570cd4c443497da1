#include "slipsdev/recordings/publishable.hpp"

#include <slips/impl/wire/publish.hpp>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/module/module_rules.hpp"

namespace slipsdev {

std::optional<std::string> harm_of(const CapturedMessage& message, Generation generation,
                                   std::string_view slips_version) {
    if (is_control_message(message)) return "it controls Slips itself";
    if (message.channel.empty()) return "the channel has no name";
    Release release = release_named(slips_version).value_or(release_of(generation));
    if (release.flow.nested != (generation == Generation::legacy)) release = release_of(generation);
    if (message.channel == "evidence_added") {
        Evidence ignored;
        return judge_evidence(message.data, {release}, ignored);
    }
    // Every Python module of newer Slips first parses a message as an object.
    const bool is_supported = is_supported_channel(message.channel, generation);
    if (is_supported && release.flow.wrapped && !message.data.starts_with('{'))
        return "current Slips publishes JSON objects only";
    // Slips does not subscribe to channels that it does not support: they are between modules. The forms of releases
    // between the two generations are those of one or the other.
    const auto fault_in = [&message](Generation judged) {
        if (!is_supported_channel(message.channel, judged)) return std::string();
        return slips::wire::publishing_fault(message.channel, message.data,
                                             judged == Generation::current ? slips::Generation::current
                                                                           : slips::Generation::legacy);
    };
    const std::string fault = fault_in(generation);
    const bool in_between = !release.flow.wrapped && release.version > Version{0, 9, 1};
    const Generation other = generation == Generation::current ? Generation::legacy : Generation::current;
    if (fault.empty() || (in_between && is_supported_channel(message.channel, other) && fault_in(other).empty()))
        return std::nullopt;
    return fault;
}

}  // namespace slipsdev
