// Prints alert lines and the summary on standard output, everything else on standard error. Control characters in a line,
// from a message, a file name, Redis or a module, are replaced: it stays one line and does not affect the terminal.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace slipsdev {

class Terminal {
public:
    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// Prints a line that Slips itself would print: on standard output.
    void result(std::string_view line);
    /// Prints a line of slipsdev's own: on standard error.
    void note(std::string_view line);
    /// Prints a line of the module, marked as such.
    void module_line(std::string_view line);
    /// Redraws the progress bar, at most ten times a second, and only on a terminal. `fraction` from 0 to 1.
    void progress(double fraction, std::string_view text);
    void clear_progress();

private:
    void to_error(std::string_view prefix, std::string_view line, std::string_view suffix);

    bool error_is_terminal_;
    bool bar_is_drawn_ = false;
    std::chrono::steady_clock::time_point last_drawn_{};
};

}  // namespace slipsdev
