#include "slipsdev/program/terminal.hpp"

#include <slips/impl/program/printer.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace slipsdev {
namespace {

void write_to(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }

}  // namespace

Terminal::Terminal() {
    const char* kind = std::getenv("TERM");
    error_is_terminal_ = ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

Terminal::~Terminal() { clear_progress(); }

void Terminal::result(std::string_view line) {
    clear_progress();
    write_to(stdout, slips::screen_line(line));
    write_to(stdout, "\n");
    // At once, so that the lines of both streams keep their order.
    std::fflush(stdout);
}

void Terminal::note(std::string_view line) { to_error("slipsdev: ", line, ""); }

void Terminal::module_line(std::string_view line) {
    if (error_is_terminal_) {
        to_error("\033[2m  | ", line, "\033[0m");
    } else {
        to_error("  | ", line, "");
    }
}

void Terminal::to_error(std::string_view prefix, std::string_view line, std::string_view suffix) {
    clear_progress();
    std::string text(prefix);
    text += slips::screen_line(line);
    text += suffix;
    text += '\n';
    write_to(stderr, text);
}

void Terminal::progress(double fraction, std::string_view text) {
    if (!error_is_terminal_) return;
    const auto time = std::chrono::steady_clock::now();
    if (time - last_drawn_ < std::chrono::milliseconds(100)) return;
    last_drawn_ = time;
    constexpr int width = 30;
    const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width);
    std::string bar = "\r\033[K[";
    for (int i = 0; i < width; ++i) bar += i < filled ? '#' : '.';
    bar += "] ";
    bar += text;
    write_to(stderr, bar);
    std::fflush(stderr);
    bar_is_drawn_ = true;
}

void Terminal::clear_progress() {
    if (!bar_is_drawn_) return;
    write_to(stderr, "\r\033[K");
    bar_is_drawn_ = false;
}

}  // namespace slipsdev
