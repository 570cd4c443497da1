// Alerts: adds up the weights of evidence in a time window, and formats the lines of alerts.log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipsdev/judge/evidence_rules.hpp"
#include "slipsdev/releases/release.hpp"

namespace slipsdev {

/// Returns the line of alerts.log for a piece of evidence, as that release writes it. `offset`: local time, seconds
/// ahead of UTC.
std::string evidence_line(const Release& release, const Evidence& evidence, int offset);

/// Returns the line of alerts.log for an alert; `real_time` is the clock's, with its own offset.
std::string alert_line(const Release& release, const Evidence& last, int offset, Micros real_time, int real_offset);

/// Adds up the weights of time windows.
class AlertBook {
public:
    AlertBook(const Release& release, double window_width);

    /// The weight and the evidence of an alert.
    struct Alert {
        double weight = 0;
        std::vector<std::string> evidence_ids;
    };
    /// Adds accepted evidence. Returns an alert if the time window has reached the threshold.
    std::optional<Alert> enter(const Evidence& evidence);

    double threshold() const { return threshold_; }

private:
    struct Window {
        double weight = 0;
        bool blocked = false;
        std::vector<std::string> evidence_ids;
    };
    bool typed_;
    double threshold_;
    std::map<std::string, Window> windows_;  // by profile and time window
};

/// Returns the payload of new_alert that Slips publishes for an alert.
std::string new_alert_message(const Release& release, const Evidence& last, const AlertBook::Alert& alert,
                              const std::string& alert_id, double window_start, double window_width, int offset);

}  // namespace slipsdev
