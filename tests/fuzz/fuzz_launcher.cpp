// The connection to Slips' launcher: any bytes arrive, and each text is sent as one frame, whatever it contains.
// Input: the launcher's line, a line break, the module's print.
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "slips/impl/boundary/config.hpp"

#include "slips/config.hpp"
#include "slips/impl/program/launcher.hpp"

namespace {

/// As Python decodes it: each byte that belongs to no character becomes U+FFFD.
std::string as_text(std::string_view bytes) {
    std::string json;
    slips::wire::append_json(json, bytes);
    return nlohmann::json::parse(json).get<std::string>();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 16 * 1024) return 0;  // the most a socket accepts at once
    std::string_view printed = fuzz::text_of(data, size);
    const std::string_view hello = fuzz::take_line(printed);
    int ends[2];
    fuzz::expect(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "no descriptor is left open");
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    {
        slips::detail::Launcher launcher;
        fuzz::expect(launcher.accepts_lines(), "a socket is a line to the launcher");
        const std::string line = std::string(hello) + "\n";
        fuzz::expect(::send(ends[1], line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()),
                     "the line takes it");
        while (!launcher.has_hello()) launcher.ready(POLLIN);
        fuzz::expect(launcher.hello() == hello, "the first line is the hello line", launcher.hello(), hello);
        std::string error;
        if (const auto config = slips::Config::from_launcher(launcher.hello(), error)) {
            try {
                config->time_window_width();
                config->disabled_detections();
            } catch (const slips::ConfigError&) {
            }
        } else {
            fuzz::expect(!error.empty(), "a configuration that is refused has a reason");
        }
        launcher.print(printed, 2, 1);
        launcher.print("the next", 1, 0);
    }
    std::string up;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::recv(ends[1], bytes, sizeof bytes, 0)) > 0;)
        up.append(bytes, static_cast<std::size_t>(count));
    ::close(ends[1]);
    std::string_view rest = up;
    const auto frame = nlohmann::json::parse(fuzz::take_line(rest), nullptr, false);
    const auto next = nlohmann::json::parse(fuzz::take_line(rest), nullptr, false);
    fuzz::expect(frame.is_object() && next.is_object() && rest.empty(), "one line a frame", up);
    fuzz::expect(next["text"] == "the next" && frame["verbose"] == 2 && frame["debug"] == 1, "no text breaks a frame",
                 up);
    fuzz::expect(frame["text"] == as_text(printed), "what is printed arrives", up);
    return 0;
}
