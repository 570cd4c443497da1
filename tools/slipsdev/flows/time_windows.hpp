// Assigns flows to time windows. The two generations count differently.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipsdev {

/// The width that means one window for everything (`only_one_tw` in Slips' configuration).
inline constexpr double only_one_window = 9999999999.0;

/// Returns a width as Slips' configuration has it, and the width that a text there means: nullopt if it is none.
std::string width_text(double seconds);
std::optional<double> width_named(std::string_view text);

struct TimeWindow {
    long long number = 1;
    double start = 0;
};

inline std::string twid_of(long long number) { return "timewindow" + std::to_string(number); }

/// Current: one count for all profiles. Window 1 begins with the first flow of the run; older flows belong to window 0
/// and below.
class CurrentWindows {
public:
    explicit CurrentWindows(double width) : width_(width) {}
    TimeWindow window_of(double time);

private:
    double width_;
    bool has_first_ = false;
    double first_ = 0;
};

/// Legacy: one count per profile, from its first flow.
class LegacyWindows {
public:
    explicit LegacyWindows(double width) : width_(width) {}

    struct Placed {
        long long number = 1;
        std::vector<TimeWindow> created;  ///< the windows added for it, including empty ones in between
    };
    Placed place(const std::string& profileid, double time);

private:
    double width_;
    std::map<std::string, std::vector<TimeWindow>> windows_;  // by profile, oldest first
};

}  // namespace slipsdev
