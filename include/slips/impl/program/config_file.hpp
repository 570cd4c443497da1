// Finds and reads the configuration file of the running Slips, for modules that are started by hand. Modules started by
// Slips get the configuration from the launcher.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "slips/config.hpp"
#include "slips/detail/dialect.hpp"
#include "slips/detail/number.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/slips_conf.hpp"
#include "slips/impl/program/slips_folder.hpp"
#include "slips/version.hpp"
#ifdef SLIPS_SDK_YAML
#include "slips/impl/program/slips_yaml.hpp"
#endif

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Slips' configuration, and a line for the log.
struct FoundConfig {
    std::optional<Config> config{};  ///< nullopt if it is unknown
    std::string line{};              ///< the file, or why there is none and the remedy
    bool is_invalid = false;         ///< the file exists but cannot be read
};

/// A path at which the configuration may be.
struct ConfigPlace {
    Place file{};
    bool is_certain = true;  ///< false: Slips' default file; whether Slips was started with another one is unknown
};

/// Returns all candidates, most likely first: the copy in Slips' output folder, which is the file given to Slips with -c;
/// Slips' default file. `output`: Slips' output folder as named in Redis, or empty; its `links` apply to the files in it.
std::vector<ConfigPlace> config_places(const Dialect& dialect, const Options& options, const Place& output);

/// Reads the first candidate that exists.
FoundConfig find_config(const Dialect& dialect, const std::vector<ConfigPlace>& places);

/// Reads the file of --config. `dialect`: null if Slips is not known yet.
FoundConfig named_config(const std::string& file, const Dialect* dialect);

// ---------------------------------------------------------------------------------------------------------

inline bool is_yaml(const Dialect& dialect) { return dialect.config_file.ends_with(".yaml"); }

/// Returns the newest configuration file in a folder. Mirrors managers/metadata_manager.py of Slips 1.1.21, which copies its
/// configuration at each start; an output folder that was used before may contain several copies.
inline std::optional<std::filesystem::path> newest_config(const std::filesystem::path& folder, bool yaml) {
    std::error_code error;
    std::optional<std::filesystem::path> newest;
    std::filesystem::file_time_type time{};
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const auto& file = at->path();
        const auto extension = file.extension();
        if (yaml ? extension != ".yaml" && extension != ".yml" : extension != ".conf") continue;
        const auto written = std::filesystem::last_write_time(file, error);
        if (error || (newest && written < time)) continue;
        newest = file;
        time = written;
    }
    return newest;
}

inline std::vector<ConfigPlace> config_places(const Dialect& dialect, const Options& options, const Place& output) {
    std::vector<ConfigPlace> places;
    if (!output.path.empty())
        if (const auto copy = newest_config(output.name() + "/metadata", is_yaml(dialect)))
            places.push_back({{output.path + "/metadata/" + copy->filename().string(), output.base, output.links}});
    const std::filesystem::path folder = options.slips_dir;
    const auto by_default = folder / dialect.config_file;
    if (!folder.empty()) places.push_back({{by_default.string(), {}, FollowLinks::all}, false});
    return places;
}

#ifndef SLIPS_SDK_YAML
inline constexpr const char* no_yaml =
    "this module cannot read slips.yaml; link slips::yaml, or let Slips start the module";
#endif

/// Returns the text without a byte order mark and the blanks before its first character.
inline std::string_view without_start(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

/// Returns whether a named file is YAML. A slips.conf begins with a section; without one, the release decides, and before it
/// is known the name.
inline bool is_yaml(std::string_view text, std::string_view file, const Dialect* dialect) {
    for (text = without_start(text); !text.empty();
         text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1)) {
        const std::string_view line = trimmed(text.substr(0, text.find('\n')));
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[' || line.front() == '{') return line.front() == '{';
        break;
    }
    return dialect ? is_yaml(*dialect) : !file.ends_with(".conf");
}

inline std::optional<std::string> config_to_json(bool yaml, const std::string& text, std::string& problem) {
    if (!yaml) return slips_conf_to_json(text, problem);
#ifdef SLIPS_SDK_YAML
    return slips_yaml_to_json(text, problem);
#else
    if (const auto json = without_start(text); json.starts_with('{')) return std::string(json);  // JSON is also YAML
    problem = no_yaml;
    return std::nullopt;
#endif
}

inline constexpr std::string_view unknown_config = "unknown which detections are disabled: ";

/// Parses the text of a file; nullopt if `problem` prevented reading it.
inline FoundConfig read_config(bool yaml, const std::optional<std::string>& text, const ConfigPlace& place,
                               std::string problem) {
    const std::string file = place.file.name();
    const auto json = text ? config_to_json(yaml, *text, problem) : std::nullopt;
    FoundConfig found;
    if (json) found.config = Config::parse(*json, problem, file);
#ifndef SLIPS_SDK_YAML
    if (!json && yaml) return {{}, std::string(unknown_config) + problem};
#endif
    found.is_invalid = !found.config;
    if (found.is_invalid) found.line = std::string(unknown_config) + file + ": " + problem;
    else if (place.is_certain) found.line = "Slips is configured with " + file;
    else found.line = "using " + file + " as Slips' configuration; if Slips was started with -c, set --config";
    return found;
}

inline FoundConfig named_config(const std::string& file, const Dialect* dialect) {
    const ConfigPlace place{{file, {}, FollowLinks::all}};
    std::string problem;
    const auto text = read_small_file(place.file, problem);
    if (!text && problem.empty()) problem = "it does not exist";
    FoundConfig found =
        read_config(is_yaml(text.value_or(std::string()), file, dialect), text, place, std::move(problem));
    if (!found.config) {  // whoever names a file expects it to be used
        found.line = "--config: " + (found.is_invalid ? "" : file + ": ") + found.line.substr(unknown_config.size());
        found.is_invalid = true;
    }
    return found;
}

inline FoundConfig find_config(const Dialect& dialect, const std::vector<ConfigPlace>& places) {
    const std::string unknown(unknown_config);
    for (const ConfigPlace& place : places) {
        std::string problem;
        const auto text = read_small_file(place.file, problem);
        if (text || !problem.empty()) return read_config(is_yaml(dialect), text, place, std::move(problem));
    }
#ifndef SLIPS_SDK_YAML
    if (is_yaml(dialect)) return {{}, unknown + no_yaml};
#endif
    return {{},
            unknown + (places.empty() ? "set Slips' folder with --slips-dir, or its configuration with --config"
                                      : places.back().file.name() + " does not exist; set the file with --config")};
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
