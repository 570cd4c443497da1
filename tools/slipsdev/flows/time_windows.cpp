#include "slipsdev/flows/time_windows.hpp"

#include <cmath>

#include "slipsdev/text/python_json.hpp"

namespace slipsdev {
namespace {

// Legacy adds every empty window in between. A wrong clock in a log must not add millions here: beyond this number,
// only the flow's own window is added.
constexpr long long most_empty_windows = 10'000;

// A single window for everything begins a century before the flow, so that no flow is too old for it.
constexpr double century = 31536000.0 * 100;

/// Converts a number of windows to an integer, limited to its range.
long long whole(double number) {
    constexpr double most = 9e15;
    if (number > -most && number < most) return static_cast<long long>(number);
    return static_cast<long long>(number < 0 ? -most : most);
}

bool is_only_one(double width) { return width >= only_one_window; }

}  // namespace

std::string width_text(double seconds) { return seconds >= only_one_window ? "only_one_tw" : python_repr(seconds); }

std::optional<double> width_named(std::string_view text) {
    if (text.find("only_one_tw") != std::string_view::npos) return only_one_window;
    return python_float(text);
}

TimeWindow CurrentWindows::window_of(double time) {
    if (is_only_one(width_)) return {1, time - century};
    if (!has_first_) {
        has_first_ = true;
        first_ = time;
    }
    const auto number = whole(std::floor((time - first_) / width_)) + 1;
    return {number, first_ + width_ * static_cast<double>(number - 1)};
}

LegacyWindows::Placed LegacyWindows::place(const std::string& profileid, double time) {
    std::vector<TimeWindow>& windows = windows_[profileid];
    Placed placed;
    if (windows.empty()) {
        windows.push_back({1, is_only_one(width_) ? time - century : time});
        placed.created = windows;
        return placed;
    }
    const TimeWindow last = windows.back();
    const double last_end = last.start + width_;
    if (time >= last.start && time < last_end) {
        placed.number = last.number;
    } else if (time >= last_end) {
        const auto gap = whole((time - last_end) / width_);
        for (long long i = gap > most_empty_windows ? gap : 0; i <= gap; ++i) {
            windows.push_back({last.number + 1 + i, last_end + static_cast<double>(i) * width_});
            placed.created.push_back(windows.back());
        }
        placed.number = windows.back().number;
    } else if (time >= windows.front().start) {
        for (const TimeWindow& window : windows) {
            if (window.start <= time) placed.number = window.number;
        }
    } else {
        const auto wanted = whole((last_end - time) / width_);
        const long long missing = wanted - static_cast<long long>(windows.size());
        const TimeWindow first = windows.front();
        for (long long i = missing > most_empty_windows ? missing : 0; i <= missing; ++i) {
            windows.insert(windows.begin(), {first.number - 1 - i, first.start - static_cast<double>(1 + i) * width_});
            placed.created.push_back(windows.front());
        }
        placed.number = windows.front().number;
    }
    return placed;
}

}  // namespace slipsdev
