// Which time window a flow belongs to: the two generations count differently.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace slipsdev {

/// The width that means one window for everything (`only_one_tw` in Slips' configuration).
inline constexpr double only_one_window = 9999999999.0;

struct TimeWindow {
    long long number = 1;
    double start = 0;
};

inline std::string twid_of(long long number) { return "timewindow" + std::to_string(number); }

/// Current: one count for all profiles. Window 1 begins with the first flow of the run; what is older falls into
/// window 0 and below.
class CurrentWindows {
public:
    explicit CurrentWindows(double width) : width_(width) {}
    TimeWindow window_of(double time);

private:
    double width_;
    bool has_first_ = false;
    double first_ = 0;
};

/// Legacy: each profile counts for itself, from its own first flow.
class LegacyWindows {
public:
    explicit LegacyWindows(double width) : width_(width) {}

    struct Placed {
        long long number = 1;
        std::vector<TimeWindow> created;  ///< the windows made for it, empty ones in between included
    };
    Placed place(const std::string& profileid, double time);

private:
    double width_;
    std::map<std::string, std::vector<TimeWindow>> windows_;  // by profile, oldest first
};

}  // namespace slipsdev
