// Alerts: how the weights of evidence add up in a time window, and the lines of alerts.log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/recordings/capture.hpp"

namespace slipsdev {

/// The line of alerts.log for a piece of evidence, as that generation writes it. `offset`: local time, seconds
/// ahead of UTC.
std::string evidence_line(Generation generation, const Evidence& evidence, int offset);

/// The line of alerts.log for an alert; `real_time` is the clock's, with its own offset.
std::string alert_line(Generation generation, const Evidence& last, int offset, Micros real_time, int real_offset);

/// Adds up what the windows weigh.
class AlertBook {
public:
    AlertBook(Generation generation, double window_width);

    /// What an alert rests on.
    struct Alert {
        double weight = 0;
        std::vector<std::string> evidence_ids;
    };
    /// Enters accepted evidence; an alert when the window has become heavy enough.
    std::optional<Alert> enter(const Evidence& evidence);

    double threshold() const { return threshold_; }

private:
    struct Window {
        double weight = 0;
        bool blocked = false;
        std::vector<std::string> evidence_ids;
    };
    Generation generation_;
    double threshold_;
    std::map<std::string, Window> windows_;  // by profile and time window
};

/// The payload of new_alert that Slips publishes for an alert.
std::string new_alert_message(Generation generation, const Evidence& last, const AlertBook::Alert& alert,
                              const std::string& alert_id, double window_start, double window_width, int offset,
                              std::string_view slips_version);

}  // namespace slipsdev
