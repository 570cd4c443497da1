#include "slipsdev/module/module_process.hpp"

#include <algorithm>
#include <chrono>

#include "slipsdev/processes/programs.hpp"
#include "slipsdev/program/errors.hpp"
#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

constexpr std::size_t longest_line = 64 * 1024;

template <class Relay>
void relay_lines(std::string& text, Relay&& relay) {
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        const std::size_t length = end - begin - (end > begin && text[end - 1] == '\r' ? 1 : 0);
        relay(std::string_view(text).substr(begin, length));
        begin = end + 1;
    }
    text.erase(0, begin);
    if (text.size() > longest_line) {
        relay(std::string_view(text));
        text.clear();
    }
}

}  // namespace

ModuleDescription read_description(const std::string& text, const std::string& program) {
    std::string why;
    const auto json = parse_json(text, why);
    if (!json) throw EnvironmentError(program + " --describe: " + why);
    ModuleDescription description;
    description.text = text;
    description.name = text_member(*json, "name");
    if (description.name.empty()) throw EnvironmentError(program + " --describe: no \"name\"");
    const Json* channels = find_member(*json, "channels");
    if (channels == nullptr || !channels->is_array()) {
        throw EnvironmentError(program + " --describe: no list \"channels\"");
    }
    for (const Json& channel : *channels) {
        if (channel.is_string()) description.channels.push_back(channel.get<std::string>());
    }
    if (const Json* types = find_member(*json, "evidence_types"); types != nullptr && types->is_array()) {
        for (const Json& type : *types) {
            description.evidence_types.push_back({text_member(type, "current"), text_member(type, "legacy")});
        }
    }
    if (const Json* settings = find_member(*json, "settings"); settings != nullptr && settings->is_array())
        description.settings.assign(settings->begin(), settings->end());
    if (const Json* needs_root = find_member(*json, "needs_root")) description.needs_root = *needs_root == true;
    description.sdk = text_member(*json, "sdk");
    description.version = text_member(*json, "version");
    return description;
}

ModuleDescription describe_module(const std::vector<std::string>& program, std::chrono::milliseconds limit,
                                  Cleanup& cleanup, Terminal& terminal) {
    std::vector<std::string> command = program;
    command.emplace_back("--describe");
    Captured captured = run_captured(command, limit, cleanup);
    std::string& err = captured.err;
    const auto& ending = captured.ending;
    if (!ending || !ending->good()) {  // an emulator may run it after all
        const std::filesystem::path file = path_of(program.front());
        if (const std::string foreign = foreign_program(file); !foreign.empty())
            throw EnvironmentError(file.string() + " is " + foreign +
                                   ", which does not run here; build it on this machine, or start it with an emulator");
    }
    relay_lines(err, [&](std::string_view line) { terminal.module_line(line); });
    if (!err.empty()) terminal.module_line(err);
    if (!ending)
        throw EnvironmentError(program.front() + " --describe: no answer within " +
                               python_repr(std::chrono::duration<double>(limit).count()) +
                               " seconds; a program that needs longer to start gets it with --start-timeout");
    if (!ending->good()) throw EnvironmentError(program.front() + " --describe: ended with " + ending->text());
    return read_description(captured.out, program.front());
}

std::vector<std::string> module_command(const PlayOptions& options, const std::filesystem::path& place,
                                        const Endpoint& main, const Endpoint& cache,
                                        const std::filesystem::path& output, const std::filesystem::path& stats,
                                        const std::vector<std::string>& registered_types) {
    // After the program's own arguments, so that PROGRAM may also be an interpreter or a wrapper.
    std::vector<std::string> command = options.program;
    const auto add = [&command](const std::string& flag, const std::string& value) {
        command.push_back(flag);
        command.push_back(value);
    };
    const Release release = options.release();
    const bool finds_out = !options.slips_version.empty();
    if (!main.socket_path.empty()) {
        add("--redis-socket", main.socket_path);
        add("--cache-socket", cache.socket_path);
    } else {
        const bool is_listed = release.redis.list != RedisLayout::List::none;
        if (!finds_out) add("--redis-host", "127.0.0.1");
        if (!finds_out || !is_listed) add("--redis-port", std::to_string(main.port));
        add("--cache-port", std::to_string(cache.port));
    }
    if (!finds_out) add("--generation", std::string(name_of(options.generation)));
    add(finds_out ? "--slips-dir" : "--config", place.string());
    // Else the module would not know whether it is the file that Slips was started with.
    if (finds_out && !options.config.empty()) add("--config", (place / release.folder.config).string());
    add("--output", output.string());
    add("--stats", stats.string());
    // As with -e 1, errors are on the screen, too.
    const auto is_debug = [](const std::string& word) { return word == "--debug" || word.starts_with("--debug="); };
    if (std::none_of(options.program.begin(), options.program.end(), is_debug)) add("--debug", "1");
    if (!options.stop_timeout.empty()) add("--stop-timeout", options.stop_timeout);
    if (release.stop.is_answered()) command.emplace_back("--register");
    std::string types;
    for (const std::string& type : registered_types) types += (types.empty() ? "" : ",") + type;
    if (!types.empty()) add("--registered-types", types);
    return command;
}

void ModuleProcess::pass_on(std::string_view line, bool is_error, Terminal& terminal) {
    std::string text(line);
    for (std::size_t at = 0; !path_.empty() && (at = text.find(path_, at)) != std::string::npos; at += shown_.size())
        text.replace(at, path_.size(), shown_);
    // "[name] on(new_flow) has not returned for 14.2 s"
    if (const std::size_t end = text.find(" has not returned for "); end != std::string::npos) {
        const std::size_t name = text.rfind("] ", end);
        running_call_ = name == std::string::npos ? text.substr(0, end) : text.substr(name + 2, end - name - 2);
    }
    terminal.module_line(text);
    if (copy_) copy_(text, is_error);
}

void ModuleProcess::relay(Terminal& terminal) {
    if (process_.out() >= 0 && !read_available(process_.out(), out_text_)) process_.close_out();
    if (process_.err() >= 0 && !read_available(process_.err(), err_text_)) process_.close_err();
    for (std::string* text : {&out_text_, &err_text_})
        relay_lines(*text, [&](std::string_view line) { pass_on(line, text == &err_text_, terminal); });
}

void ModuleProcess::relay_rest(Terminal& terminal) {
    relay(terminal);
    for (std::string* text : {&out_text_, &err_text_}) {
        if (!text->empty()) pass_on(*text, text == &err_text_, terminal);
        text->clear();
    }
}

}  // namespace slipsdev
