// A pseudo-terminal, and what a program shows on it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processes.hpp"

namespace integration {

/// The screen of a VT52, the simplest terminal of ncurses that can move the cursor. Counts what it does not understand.
class Screen {
public:
    Screen(std::size_t width, std::size_t height) { resize(width, height); }

    void resize(std::size_t width, std::size_t height);
    void show(std::string_view bytes);

    const std::vector<std::string>& lines() const { return lines_; }
    std::string text() const;
    std::size_t strange_bytes() const { return strange_; }  ///< control characters and sequences that no VT52 has

private:
    void put(char c);
    void obey(char order);

    std::vector<std::string> lines_{};
    std::size_t width_ = 0, height_ = 0;
    std::size_t row_ = 0, column_ = 0;
    std::string sequence_{};  ///< an escape sequence that is incomplete
    std::size_t strange_ = 0;
};

/// A program whose standard input and output are a pseudo-terminal.
class OnTerminal {
public:
    /// Throws std::runtime_error if there are no pseudo-terminals.
    OnTerminal(const TemporaryFolder& folder, const std::vector<std::string>& command, std::size_t width,
               std::size_t height, const std::string& terminal = "vt52");
    ~OnTerminal();
    OnTerminal(const OnTerminal&) = delete;
    OnTerminal& operator=(const OnTerminal&) = delete;

    void type(std::string_view keys);
    void resize(std::size_t width, std::size_t height);
    /// Waits until the screen has this text. Returns false if it does not in time.
    bool shows(const std::string& text);
    /// Waits until the condition holds for the screen.
    template <class Condition>
    bool eventually_shows(Condition&& condition) {
        return eventually([&] {
            update();
            return condition(screen_);
        });
    }
    const Screen& screen() { return update(), screen_; }
    ChildProcess& process() { return *process_; }

private:
    void update();

    int terminal_ = -1;
    Screen screen_;
    std::optional<ChildProcess> process_{};
};

}  // namespace integration
