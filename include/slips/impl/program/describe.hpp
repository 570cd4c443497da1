// The module's description for --describe, which the launcher, slipsdev and installers read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slips/impl/wire/json.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// The properties of a module that its type determines.
struct Description {
    ModuleInfo info{};
    std::vector<std::string_view> hooks{};

    std::string json(const std::vector<std::string>& channels) const;
};

inline std::string Description::json(const std::vector<std::string>& channels) const {
    std::string types = "[";
    for (const EvidenceType& type : info.evidence_types) {
        if (types.size() > 1) types += ", ";
        wire::ObjectWriter(types).text("current", type.current).text("legacy", type.legacy).end();
    }
    types += ']';
    std::string json;
    wire::ObjectWriter(json)
        .text("name", info.name)
        .text("description", info.description)
        .text("authors", info.authors)
        .raw("needs_root", info.needs_root ? "true" : "false")
        .texts("channels", channels)
        .texts("hooks", std::vector<std::string>(hooks.begin(), hooks.end()))
        .raw("evidence_types", types)
        .text("sdk", sdk_version)
        .end();
    return json;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
