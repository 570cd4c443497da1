#include "slipsdev/host/slips_folder_files.hpp"

#include <unistd.h>

#include <utility>

#include "slipsdev/flows/time_windows.hpp"
#include "slipsdev/program/files.hpp"
#include "slipsdev/text/python_json.hpp"
#include "slipsdev/text/python_time.hpp"

namespace slipsdev {
namespace {

constexpr std::string_view nine_columns =
    "Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Slips PID, Is Daemon, Save the DB";
constexpr std::string_view eight_columns =
    "Date, File or interface, Used port, Server PID, Output Zeek Dir, Logs Dir, Is Daemon, Save the DB";

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

void write_list(const std::filesystem::path& folder, const Release& release, const RunningSlips& running) {
    using List = RedisLayout::List;
    const Micros moment = now();
    const std::string port = std::to_string(running.port);
    const std::string pid = std::to_string(::getpid());
    const std::string output = running.output.string();
    switch (release.redis.list) {
        case List::none: return;
        case List::used_servers: {
            const std::string date = format_time(moment, "%Y-%m-%d %H:%M:%S", local_offset(moment));
            return write_file(folder / "used_redis_servers.txt", padded(date, 16) + "    " + padded(running.input, 35) +
                                                                     "    " + padded(port, 6) + "        " + pid +
                                                                     "\n");
        }
        case List::eight_columns:
        case List::nine_columns: {
            const bool nine = release.redis.list == List::nine_columns;
            const std::string date = format_time(moment, "%Y/%m/%d %H:%M:%S", local_offset(moment));
            return write_file(folder / "running_slips_info.txt",
                              "# Lines of running instances are added and removed by Slips\n\n" +
                                  std::string(nine ? nine_columns : eight_columns) + "\n" + date + "," + running.input +
                                  "," + port + ",False," + output + "/zeek_files," + output + "," +
                                  (nine ? pid + "," : std::string()) + "False,False\n");
        }
    }
}

}  // namespace

std::string config_text(const Release& release, double window_width, Json sections) {
    Json& width = sections["parameters"]["time_window_width"];
    if (width.is_null()) width = width_text(window_width);
    // JSON is YAML that a module without slips::yaml reads as well
    if (release.folder.config.ends_with(".yaml")) return to_python_json(sections) + "\n";
    std::string text;
    for (const auto& [section, keys] : sections.items()) {
        text += "[" + section + "]\n";
        for (const auto& [key, value] : keys.items()) {
            text += key + " = ";
            for (const char c : value.get<std::string>()) text += c == '\n' ? std::string("\n\t") : std::string(1, c);
            text += '\n';
        }
    }
    return text;
}

void write_slips_folder(const std::filesystem::path& folder, const Release& release, const RunningSlips& running) {
    write_file(folder / "slips.py", "#!/usr/bin/env python3\nversion = '" + release.text + "'\n");
    if (release.folder.version_file) write_file(folder / "VERSION", release.text + "\n");
    write_file(folder / release.folder.config, config_text(release, running.window_width, running.config));
    if (running.port != 0) write_list(folder, release, running);
}

}  // namespace slipsdev
