#include "slipsdev/watch/screen.hpp"

#include "slipsdev/program/errors.hpp"

#ifndef SLIPSDEV_HAS_NCURSES

namespace slipsdev {

bool has_screen() { return false; }
int show_screen(Sampler&, double) { throw EnvironmentError("built without ncurses"); }

}  // namespace slipsdev

#else

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>

#include "slipsdev/processes/signals.hpp"
#include "slipsdev/watch/report.hpp"
#include "slipsdev/watch/table.hpp"

namespace slipsdev {
namespace {

using Clock = std::chrono::steady_clock;

/// The terminal in full-screen mode, as long as the object exists.
class Curses {
public:
    Curses() : screen_(::newterm(nullptr, stdout, stdin)) {
        if (screen_ == nullptr) {
            const char* kind = std::getenv("TERM");
            throw EnvironmentError("ncurses does not know this terminal (TERM=" +
                                   std::string(kind == nullptr ? "" : kind) + "): use slipsdev top --once");
        }
        ::set_term(screen_);
        ::cbreak();
        ::noecho();
        ::nonl();
        ::curs_set(0);
        ::keypad(stdscr, TRUE);
        ::nodelay(stdscr, TRUE);
        has_colors_ = ::has_colors() && ::start_color() == OK;
        if (!has_colors_) return;
        ::use_default_colors();
        ::init_pair(alarm, COLOR_RED, -1);
        ::init_pair(heading, COLOR_CYAN, -1);
        ::init_pair(good, COLOR_GREEN, -1);
    }
    ~Curses() {
        ::endwin();
        ::delscreen(screen_);
    }
    Curses(const Curses&) = delete;
    Curses& operator=(const Curses&) = delete;

    void draw(const std::vector<Line>& lines) {
        ::erase();
        for (std::size_t y = 0; y < lines.size(); ++y) {
            ::move(static_cast<int>(y), 0);
            for (const Span& span : lines[y]) {
                ::attrset(attributes_of(span.style));
                ::addnstr(span.text.c_str(), static_cast<int>(span.text.size()));
            }
        }
        ::attrset(A_NORMAL);
        ::refresh();
    }

private:
    enum Pair : short { alarm = 1, heading, good };

    int attributes_of(Style style) const {
        const auto colored = [this](Pair pair, chtype otherwise) {
            return static_cast<int>(has_colors_ ? static_cast<chtype>(COLOR_PAIR(pair)) : otherwise);
        };
        switch (style) {
            case Style::plain: return static_cast<int>(A_NORMAL);
            case Style::strong: return static_cast<int>(A_BOLD);
            case Style::faint: return static_cast<int>(A_DIM);
            case Style::good: return colored(good, A_NORMAL);
            case Style::alarm: return colored(alarm, A_BOLD) | static_cast<int>(A_BOLD);
            case Style::heading: return colored(heading, A_UNDERLINE);
            case Style::selected: return static_cast<int>(A_REVERSE);
        }
        return static_cast<int>(A_NORMAL);
    }

    SCREEN* screen_;
    bool has_colors_ = false;
};

class Screen {
public:
    Screen(Sampler& sampler, double interval)
        : sampler_(sampler),
          interval_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(interval))) {}

    int run() {
        Curses curses;
        for (Clock::time_point next = Clock::now(); interruptions() == 0;) {
            if (Clock::now() >= next) {
                sample();
                next = std::max(next + interval_, Clock::now());  // a slow Redis is not asked more often afterwards
            }
            fit();
            curses.draw(lines_of(report_, view_));
            if (!wait_for_keys(next)) break;
        }
        return exit_ok;
    }

private:
    static constexpr double rate_seconds = 3;

    void sample() {
        try {
            Sample now = sampler_.take();
            if (samples_.empty() || samples_.back().time != now.time) {
                report_ = report_of(samples_.empty() ? nullptr : &samples_.front(), now);
                samples_.push_back(std::move(now));
                while (samples_.back().time - samples_.front().time >= rate_seconds) samples_.pop_front();
            }
            report_.has_ended = samples_.back().has_ended;
            view_.trouble.clear();
            view_.where = sampler_.where();
        } catch (const std::runtime_error& error) {  // of Redis, or the way to it
            view_.trouble = std::string(error.what()) + "; trying again";
            samples_.clear();
        }
        sort_rows(report_.modules, view_.sort);
    }

    /// Follows the size of the terminal.
    void fit() {
        winsize size{};
        if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
            (size.ws_row != LINES || size.ws_col != COLS)) {
            ::resizeterm(size.ws_row, size.ws_col);
            ::clearok(stdscr, TRUE);  // terminals differ in what they keep
        }
        view_.width = static_cast<std::size_t>(std::max(COLS, 1));
        view_.height = static_cast<std::size_t>(std::max(LINES, 1));
    }

    /// Handles keys until the next sample is due or the screen has to be drawn. Returns false if the user quits.
    bool wait_for_keys(Clock::time_point next) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
        pollfd input{STDIN_FILENO, POLLIN, 0};
        ::poll(&input, 1, static_cast<int>(std::clamp<long long>(left, 0, 250)));  // a resize ends it, too
        if ((input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return false;   // the terminal is gone
        for (int key = ::getch(); key != ERR; key = ::getch())
            if (!handle(key)) return false;
        return true;
    }

    bool handle(int key) {
        switch (key) {
            case 'q':
            case 'Q': return false;
            case 'b': return sort(SortKey::backlog);
            case 'c': return sort(SortKey::cpu);
            case 'm': return sort(SortKey::memory);
            case 'r': return sort(SortKey::received);
            case 'e': return sort(SortKey::evidence);
            case 'n': return sort(SortKey::name);
            case 'h':
            case '?': view_.shows_help = !view_.shows_help; return true;
            case 27:
                view_.shows_help = false;
                view_.selected.reset();
                return true;
            case KEY_DOWN:
            case 'j': return select(1);
            case KEY_UP:
            case 'k': return select(-1);
            case KEY_NPAGE: return select(10);
            case KEY_PPAGE: return select(-10);
            case KEY_HOME: return select(-1'000'000);
            case KEY_END: return select(1'000'000);
            default: return true;
        }
    }

    bool sort(SortKey key) {
        view_.sort = key;
        sort_rows(report_.modules, key);
        return true;
    }

    /// Selects the row that is so many rows below the selected one.
    bool select(std::ptrdiff_t rows) {
        const auto& modules = report_.modules;
        if (modules.empty()) return true;
        std::ptrdiff_t at = -1;
        for (std::size_t i = 0; i < modules.size(); ++i)
            if (modules[i].name == view_.selected) at = static_cast<std::ptrdiff_t>(i);
        at = at < 0 ? (rows > 0 ? 0 : static_cast<std::ptrdiff_t>(modules.size()) - 1) : at + rows;
        at = std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(modules.size()) - 1);
        view_.selected = modules[static_cast<std::size_t>(at)].name;
        return true;
    }

    Sampler& sampler_;
    Clock::duration interval_;
    /// Of the last seconds: a process that is rarely busy would show 0 or 100 % of a core with those of one second.
    std::deque<Sample> samples_{};
    Report report_{};
    View view_{};
};

}  // namespace

bool has_screen() { return true; }

int show_screen(Sampler& sampler, double interval) { return Screen(sampler, interval).run(); }

}  // namespace slipsdev

#endif
