// Slips' configuration from any text: as slips.conf, as slips.yaml if yaml-cpp is there, and as the JSON of both.
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "slips/impl/boundary/config.hpp"

#include "slips/config.hpp"
#include "slips/impl/program/slips_conf.hpp"
#ifdef SLIPS_SDK_YAML
#include "slips/impl/program/slips_yaml.hpp"
#endif

namespace {

/// Any query of a module returns a value or throws ConfigError, whatever the configuration contains.
void ask(const slips::Config& config) {
    const auto asked = [](auto&& question) {
        try {
            question();
        } catch (const slips::ConfigError& error) {
            fuzz::expect(*error.what() != '\0', "an error has a message");
        }
    };
    asked([&] { config.time_window_width(); });
    asked([&] { config.disabled_detections(); });
    asked([&] { config.get("parameters", "a", true); });
    asked([&] { config.get("parameters", "a", 1); });
    asked([&] { config.get("parameters", "a", "text"); });
    asked([&] { config.get("parameters", "a", std::vector<std::string>{}); });
}

void take(const std::optional<std::string>& json, const std::string& error) {
    fuzz::expect(json.has_value() == error.empty(), "an error is reported if and only if there is one", error);
    if (!json) return;
    std::string why;
    const auto config = slips::Config::parse(*json, why);
    fuzz::expect(config.has_value(), "what a file became is a configuration", *json, why);
    ask(*config);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    std::string error;
    take(slips::detail::slips_conf_to_json(text, error), error);
#ifdef SLIPS_SDK_YAML
    error.clear();
    take(slips::detail::slips_yaml_to_json(text, error), error);
#endif
    error.clear();
    if (const auto config = slips::Config::parse(text, error)) ask(*config);
    else fuzz::expect(!error.empty(), "a configuration that is refused has a reason");
    return 0;
}
