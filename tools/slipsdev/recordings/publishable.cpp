#include "slipsdev/recordings/publishable.hpp"

#include <slips/impl/wire/publish.hpp>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/module/module_rules.hpp"

namespace slipsdev {

std::optional<std::string> harm_of(const CapturedMessage& message, Generation generation,
                                   std::string_view slips_version) {
    if (is_control_message(message)) return "it controls Slips itself";
    if (message.channel.empty()) return "the channel has no name";
    const bool current = generation == Generation::current;
    if (message.channel == "evidence_added") {
        Evidence ignored;
        return judge_evidence(message.data, {release_named(slips_version).value_or(release_of(generation))}, ignored);
    }
    // Slips does not subscribe to other channels: they are between modules.
    if (!is_supported_channel(message.channel, generation)) return std::nullopt;
    // Every Python module first parses a message of current Slips as an object.
    if (current && !message.data.starts_with('{')) return "current Slips publishes JSON objects only";
    std::string fault = slips::wire::publishing_fault(message.channel, message.data,
                                                      current ? slips::Generation::current : slips::Generation::legacy);
    if (fault.empty()) return std::nullopt;
    return fault;
}

}  // namespace slipsdev
