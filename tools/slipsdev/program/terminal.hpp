// What the user sees: alert lines and the summary on standard output, everything else on standard error. Whatever a line
// holds, of a message, a file's name, a Redis or a module, it stays one line and steers no terminal.
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

    /// What Slips itself would tell: on standard output.
    void result(std::string_view line);
    /// A word of slipsdev's own: on standard error.
    void note(std::string_view line);
    /// A line of the module's, set apart.
    void module_line(std::string_view line);
    /// Redraws the progress bar, at most ten times a second, on a terminal only. `fraction` from 0 to 1.
    void progress(double fraction, std::string_view text);
    void clear_progress();

private:
    void to_error(std::string_view prefix, std::string_view line, std::string_view suffix);

    bool error_is_terminal_;
    bool bar_is_drawn_ = false;
    std::chrono::steady_clock::time_point last_drawn_{};
};

}  // namespace slipsdev
