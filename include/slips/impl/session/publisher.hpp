// What a module publishes for other modules.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

#include "slips/detail/dialect.hpp"
#include "slips/generation.hpp"
#include "slips/impl/session/module_side.hpp"
#include "slips/impl/session/shared.hpp"
#include "slips/impl/wire/stamp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Publishes and counts as Slips does; refuses what would harm subscribers.
class Publisher {
public:
    explicit Publisher(Shared& shared) : shared_(shared) {}

    /// Returns false if the text is refused; the reason is logged. Does not throw.
    bool publish(std::string_view channel, std::string_view text, ModuleSide::PublishingFault fault);

private:
    /// Returns why the text cannot be published, or an empty string.
    std::string refusal(std::string_view channel, std::string_view text, ModuleSide::PublishingFault fault) const;

    Shared& shared_;
};

// ---------------------------------------------------------------------------------------------------------

inline std::string Publisher::refusal(std::string_view channel, std::string_view text,
                                      ModuleSide::PublishingFault fault) const {
    constexpr std::size_t most_unsent = 64 << 20;
    constexpr std::size_t longest = 8 << 20;  // Redis closes the connection of a subscriber for which this much waits
    const auto generation = shared_.generation();
    if (!generation) return "the generation of Slips is not known yet";
    if (text.size() > longest) return "it has more than 8 MiB; Redis may disconnect subscribers that are slower";
    if (*generation == Generation::current && !shared_.slips.dialect()) return "the version of Slips is not known yet";
    if (std::string why = fault(channel, text, *generation); !why.empty()) return why;
    if (!shared_.links.main_up) return "Redis is unreachable";
    if (shared_.links.main.bytes().size() > most_unsent) return "Redis does not accept what is published";
    return {};
}

inline bool Publisher::publish(std::string_view channel, std::string_view text, ModuleSide::PublishingFault fault) try {
    if (const std::string why = refusal(channel, text, fault); !why.empty()) {
        shared_.log.log_once("publish: " + std::string(channel) + why,
                             "publish(" + std::string(channel) + ") refused: " + why);
        return false;
    }
    wire::Pipeline& main = shared_.links.main;
    const Dialect& dialect = shared_.slips.likely_dialect();
    if (dialect.counters != Counters::none)
        main.send(shared_.notices, "HINCRBY", "msgs_published_at_runtime", channel, 1);
    const std::string sent = dialect.stamped ? wire::stamped(text, shared_.slips.stamp()) : std::string(text);
    main.send(shared_.notices, "PUBLISH", channel, sent);
    if (shared_.settings.published) shared_.settings.published(channel, sent);
    return true;
} catch (const std::exception& error) {  // out of memory, at worst
    shared_.log.log_once("publish", std::string("publish() refused: ") + error.what());
    return false;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
