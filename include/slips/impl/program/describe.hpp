// --describe: the description of a module, which the launcher, slipsdev and the installer read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "slips/detail/module_instance.hpp"
#include "slips/impl/session/setting_check.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Returns the description of a module as one JSON object. `channels` as they are known before init().
inline std::string describe(const ModuleType& type, const std::vector<std::string>& channels) {
    const ModuleInfo& info = type.info;
    std::string types = "[";
    for (const EvidenceType& own : info.evidence_types) {
        if (types.size() > 1) types += ", ";
        wire::ObjectWriter(types).text("current", own.current).text("legacy", own.legacy).end();
    }
    types += ']';
    std::string settings = "[";
    for (const SettingInfo& setting : info.settings) {
        constexpr const char* kinds[] = {"bool", "integer", "number", "text"};
        if (settings.size() > 1) settings += ", ";
        wire::ObjectWriter writer(settings);
        writer.text("name", setting.name)
            .text("type", kinds[static_cast<std::size_t>(setting.kind)])
            .raw("default", default_of(setting));
        if (setting.has_min) writer.raw("min", min_of(setting));
        if (setting.has_max) writer.raw("max", max_of(setting));
        writer.text("description", setting.description).end();
    }
    settings += ']';
    std::string json;
    wire::ObjectWriter(json)
        .text("name", info.name)
        .text("description", info.description)
        .text("authors", info.authors)
        .text("version", info.version)
        .raw("needs_root", info.needs_root ? "true" : "false")
        .texts("channels", channels)
        .texts("hooks", std::vector<std::string>(type.hooks.begin(), type.hooks.end()))
        .raw("evidence_types", types)
        .raw("settings", settings)
        .text("sdk", sdk_version)
        .end();
    return json;
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
