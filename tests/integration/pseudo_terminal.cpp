#include "pseudo_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace integration {

void Screen::resize(std::size_t width, std::size_t height) {
    width_ = width;
    height_ = height;
    lines_.resize(height);
    for (std::string& line : lines_) line.resize(width, ' ');
    row_ = std::min(row_, height - 1);
    column_ = std::min(column_, width - 1);
}

std::string Screen::text() const {
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
}

void Screen::show(std::string_view bytes) {
    for (const char c : bytes) {
        if (sequence_.empty() && c != '\033') {
            put(c);
            continue;
        }
        sequence_ += c;
        if (sequence_.size() == 1 || (sequence_[1] == 'Y' && sequence_.size() < 4)) continue;
        obey(sequence_[1]);
        sequence_.clear();
    }
}

void Screen::put(char c) {
    if (c >= ' ' && c <= '~') {
        lines_[row_][column_] = c;
        column_ = std::min(column_ + 1, width_ - 1);  // a VT52 does not wrap
    } else if (c == '\r') {
        column_ = 0;
    } else if (c == '\n') {
        row_ = std::min(row_ + 1, height_ - 1);
    } else if (c == '\b') {
        column_ -= column_ > 0 ? 1 : 0;
    } else if (c == '\t') {
        column_ = std::min(column_ / 8 * 8 + 8, width_ - 1);
    } else if (c != '\a' && c != '\0') {
        ++strange_;
    }
}

void Screen::obey(char order) {
    const auto blank = [&](std::size_t row, std::size_t from) {
        std::fill(lines_[row].begin() + static_cast<std::ptrdiff_t>(from), lines_[row].end(), ' ');
    };
    switch (order) {
        case 'A':
        case 'I': row_ -= row_ > 0 ? 1 : 0; return;
        case 'B': row_ = std::min(row_ + 1, height_ - 1); return;
        case 'C': column_ = std::min(column_ + 1, width_ - 1); return;
        case 'D': column_ -= column_ > 0 ? 1 : 0; return;
        case 'H': row_ = column_ = 0; return;
        case 'J':
            blank(row_, column_);
            for (std::size_t row = row_ + 1; row < height_; ++row) blank(row, 0);
            return;
        case 'K': blank(row_, column_); return;
        case 'Y':
            row_ = std::min<std::size_t>(static_cast<unsigned char>(sequence_[2]) - 32u, height_ - 1);
            column_ = std::min<std::size_t>(static_cast<unsigned char>(sequence_[3]) - 32u, width_ - 1);
            return;
        case 'F':
        case 'G':
        case '=':
        case '>': return;
        default: ++strange_;
    }
}

OnTerminal::OnTerminal(const TemporaryFolder& folder, const std::vector<std::string>& command, std::size_t width,
                       std::size_t height, const std::string& terminal)
    : terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), screen_(width, height) {
    if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0)
        throw std::runtime_error("there is no pseudo-terminal");
    ::fcntl(terminal_, F_SETFL, O_NONBLOCK);
    Launch launch;
    launch.arguments = {"/bin/sh", "-c", "exec \"$0\" \"$@\" <\"$SLIPS_TEST_TERMINAL\" >\"$SLIPS_TEST_TERMINAL\""};
    launch.arguments.insert(launch.arguments.end(), command.begin(), command.end());
    launch.environment = {
        {"SLIPS_TEST_TERMINAL", ::ptsname(terminal_)}, {"TERM", terminal}, {"LINES", ""}, {"COLUMNS", ""}};
    launch.err = folder / "stderr";
    // Held open, so that the terminal does not hang up before the program has opened it.
    const int other_end = ::open(::ptsname(terminal_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    resize(width, height);
    process_.emplace(launch);
    static_cast<void>(eventually(
        [&] { return !process_->runs() || (update(), screen_.text().find_first_not_of(" \n") != std::string::npos); }));
    ::close(other_end);
}

OnTerminal::~OnTerminal() {
    process_.reset();
    if (terminal_ >= 0) ::close(terminal_);
}

void OnTerminal::type(std::string_view keys) {
    if (::write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw std::runtime_error("the pseudo-terminal does not take the keys");
}

void OnTerminal::resize(std::size_t width, std::size_t height) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(width);
    size.ws_row = static_cast<unsigned short>(height);
    ::ioctl(terminal_, TIOCSWINSZ, &size);
    screen_.resize(width, height);
}

bool OnTerminal::shows(const std::string& text) {
    return eventually_shows([&](const Screen& screen) { return screen.text().find(text) != std::string::npos; });
}

void OnTerminal::update() {
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(terminal_, part.data(), part.size())) > 0;)
        screen_.show({part.data(), static_cast<std::size_t>(size)});
}

}  // namespace integration
