// When messages are due: at once, at a rate, or as far apart as they were recorded.
#pragma once

#include <chrono>
#include <optional>

namespace slipsdev {

class Pace {
public:
    using Clock = std::chrono::steady_clock;
    using Seconds = std::chrono::duration<double>;

    static Pace at_once() { return {}; }
    static Pace at_rate(double per_second) { return Pace(per_second, false); }
    static Pace as_recorded() { return Pace({}, true); }

    /// Returns how long the next message has to wait; 0 or less: it is due. `recorded` is its time of arrival, in seconds
    /// since the epoch. A message is due at once if it has no such time, is older than the one before, or `begins` a file;
    /// in the last two cases, time counts from there.
    Seconds wait(Clock::time_point now, std::optional<double> recorded, bool begins);
    void sent() { ++sent_; }

private:
    Pace() = default;
    Pace(std::optional<double> rate, bool recorded) : rate_(rate), recorded_(recorded) {}
    Seconds wait_as_recorded(Clock::time_point now, double recorded);

    std::optional<double> rate_{};  ///< messages per second
    bool recorded_ = false;
    long long sent_ = 0;
    Clock::time_point start_{};     ///< when the first message was due
    double first_ = 0;              ///< its recorded time
    std::optional<double> last_{};  ///< of the previous message
};

}  // namespace slipsdev
