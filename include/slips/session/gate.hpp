// Which evidence may go to Slips, and as what: everything that would harm it is stopped here, before the first write.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "slips/evidence.hpp"
#include "slips/session/known_slips.hpp"
#include "slips/uuid.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Gate {
public:
    /// `registered`: evidence types of the module's own that Slips knows.
    explicit Gate(std::set<std::string, std::less<>> registered) : registered_(std::move(registered)) {}

    /// Completes the evidence from its context and lets it pass, or says why not.
    std::optional<std::string> refuses(Evidence& evidence, const Context& context, const KnownSlips& slips);

private:
    std::set<std::string, std::less<>> registered_;
    UuidSource ids_{};
};

inline std::optional<std::string> Gate::refuses(Evidence& evidence, const Context& context, const KnownSlips& slips) {
    const auto generation = slips.generation();
    if (!generation)
        return "which generation of Slips this is cannot be told yet; name it with --generation current|legacy";
    if (slips.unversioned())
        return "version: Slips stamps its messages with none, so it is older than 1.1.20; the form of its evidence is not "
               "known";
    if (*generation == Generation::current && !is_known_evidence_type(evidence.type.current) &&
        !registered_.contains(evidence.type.current)) {
        if (is_known_evidence_type(evidence.unless_registered.current))
            evidence.type = evidence.unless_registered;
        else if (!evidence.type.current.empty())  // validate() speaks of those without a name
            return "type: Slips does not know " + std::string(evidence.type.current) +
                   ", and evidence of an unknown type kills its evidence handler; register the type with Slips, or give "
                   ".unless_registered";
    }
    evidence = complete(std::move(evidence), context, ids_);
    if (const auto refusal = validate(evidence, context, *generation)) return refusal->text();
    return std::nullopt;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
