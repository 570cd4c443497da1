#include "slipsdev/recordings/pace.hpp"

namespace slipsdev {

Pace::Seconds Pace::wait(Clock::time_point now, std::optional<double> recorded, bool begins) {
    Seconds wait{0};
    if (begins) last_.reset();
    if (rate_) {
        if (sent_ == 0) start_ = now;
        wait = Seconds(static_cast<double>(sent_) / *rate_) - (now - start_);
    } else if (recorded_ && recorded) {
        wait = wait_as_recorded(now, *recorded);
    }
    return wait;
}

Pace::Seconds Pace::wait_as_recorded(Clock::time_point now, double recorded) {
    if (!last_ || recorded < *last_) {
        start_ = now;
        first_ = recorded;
    }
    const Seconds wait = Seconds(recorded - first_) - (now - start_);
    if (wait <= Seconds(0)) last_ = recorded;
    return wait;
}

}  // namespace slipsdev
