// The file that the Slips that runs was configured with, for a module that was started by hand: where it is, and what is
// in it. A module that Slips started has it from the launcher.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "slips/config.hpp"
#include "slips/generation.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/slips_conf.hpp"
#include "slips/impl/program/slips_folder.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_YAML
#include "slips/impl/program/slips_yaml.hpp"
#endif

namespace slips::inline SLIPS_SDK_ABI::detail {

/// What was found of Slips' configuration, and one line that says so.
struct FoundConfig {
    std::optional<Config> config{};  ///< nothing: not known
    std::string line{};              ///< the file; or why there is none, and what to do
    bool wrong = false;              ///< it is there and cannot be read
};

/// Where it may be.
struct ConfigPlace {
    Place file{};
    bool sure = true;  ///< false: what Slips takes when it is given none, which is not known
};

/// All places, the likeliest first: --config; in current what Slips has copied into its output folder, which is
/// what it was given with -c; the file that Slips takes when it is given none. `output`: Slips' output folder, or nothing;
/// Redis names it, and its `links` count for what is in it.
std::vector<ConfigPlace> config_places(Generation generation, const Options& options, const Place& output);

/// Reads the first of these places in which a file is.
FoundConfig find_config(Generation generation, const std::vector<ConfigPlace>& places);

// ---------------------------------------------------------------------------------------------------------

/// Mirrors managers/metadata_manager.py of Slips 1.1.21. An output folder that was used before may hold several; Slips
/// copies anew each time it starts.
inline std::optional<std::filesystem::path> newest_yaml(const std::filesystem::path& folder) {
    std::error_code error;
    std::optional<std::filesystem::path> newest;
    std::filesystem::file_time_type time{};
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const auto& file = at->path();
        if (file.extension() != ".yaml" && file.extension() != ".yml") continue;
        const auto written = std::filesystem::last_write_time(file, error);
        if (error || (newest && written < time)) continue;
        newest = file;
        time = written;
    }
    return newest;
}

inline std::vector<ConfigPlace> config_places(Generation generation, const Options& options,
                                              const Place& output) {
    if (!options.config.empty()) return {{{options.config, {}, FollowLinks::all}}};
    std::vector<ConfigPlace> places;
    const bool is_current = generation == Generation::current;
    if (is_current && !output.path.empty())
        if (const auto copy = newest_yaml(output.name() + "/metadata"))
            places.push_back({{output.path + "/metadata/" + copy->filename().string(), output.base, output.links}});
    const std::filesystem::path folder = options.slips_dir;
    const auto by_default = is_current ? folder / "config" / "slips.yaml" : folder / "slips.conf";
    if (!folder.empty()) places.push_back({{by_default.string(), {}, FollowLinks::all}, false});
    return places;
}

#ifndef SLIPS_SDK_YAML
inline constexpr const char* no_yaml =
    "this module cannot read slips.yaml; link slips::yaml, or let Slips start the module";
#endif

inline std::optional<std::string> config_to_json(Generation generation, const std::string& text, std::string& problem) {
    if (generation == Generation::legacy) return slips_conf_to_json(text, problem);
#ifdef SLIPS_SDK_YAML
    return slips_yaml_to_json(text, problem);
#else
    if (text.starts_with('{')) return text;  // JSON is YAML, too
    problem = no_yaml;
    return std::nullopt;
#endif
}

inline FoundConfig find_config(Generation generation, const std::vector<ConfigPlace>& places) {
    const std::string unknown = "which detections are disabled is not known: ";
    for (const auto& [place, sure] : places) {
        const std::string file = place.name();
        std::string problem;
        const auto text = read_small_file(place, problem);
        if (!text && problem.empty()) continue;
        const auto json = text ? config_to_json(generation, *text, problem) : std::nullopt;
        FoundConfig found;
        if (json) found.config = Config::parse(*json, problem, file);
#ifndef SLIPS_SDK_YAML
        if (!json && generation == Generation::current) return {{}, unknown + problem};
#endif
        found.wrong = !found.config;
        if (found.wrong) found.line = unknown + file + ": " + problem;
        else if (sure) found.line = "Slips is configured with " + file;
        else found.line = "takes " + file + " for Slips' configuration; --config names another (Slips' own -c)";
        return found;
    }
#ifndef SLIPS_SDK_YAML
    if (generation == Generation::current)
        return {{}, unknown + no_yaml};
#endif
    return {{},
            unknown + (places.empty() ? "name the folder of Slips with --slips-dir, or its configuration with --config"
                                      : "there is no " + places.back().file.name() + "; name the file with --config")};
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
