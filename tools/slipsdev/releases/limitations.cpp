// What Slips does with modules, evidence and printed texts in some releases only.
#include <array>

#include "slipsdev/releases/release.hpp"

namespace slipsdev {
namespace {

constexpr std::string_view command = "the output process of Slips 0.9.6 to 1.0.7 takes it for a command";
constexpr std::string_view statistics = "Slips takes it for its statistics: the alert is missing in slips.log";
constexpr std::array<ActingText, 7> texts{{
    {"stop_process", {0, 9, 0}, {1, 0, 7}, "printed, it ends Slips' output process", true},
    {"log-only", {0, 9, 6}, {1, 0, 7}, command, false},
    {"initialize progress bar", {1, 0, 2}, {1, 0, 7}, command, false},
    {"update progress bar", {1, 0, 2}, {1, 0, 7}, command, false},
    {"analyzed IPs", {1, 0, 8}, {1, 1, 2}, statistics, false},
    {"Analyzed IPs", {1, 1, 3}, {1, 1, 8}, statistics, false},
    {"analyzed IPs", {1, 1, 9}, {99, 0, 0}, statistics, false},
}};

/// A sentence about the releases from `since` to `last`.
struct Limitation {
    Version since, last;
    std::string_view sentence;
};

constexpr std::array<Limitation, 18> limitations{{
    {{0, 9, 0}, {0, 9, 0}, "its Redis is always at port 6379, and there is no list of running instances"},
    {{0, 9, 0},
     {0, 9, 1},
     "of several pieces of evidence with the same description in a time window, Slips logs only the first"},
    {{0, 9, 0},
     {0, 9, 4},
     "Redis does not hold the version: give a module --slips-dir or --slips-version, or it may write the wrong form"},
    {{0, 9, 0}, {0, 9, 5}, "evidence against the profile's own address has no weight"},
    {{0, 9, 0},
     {1, 0, 4},
     "a module that does not report that it has stopped makes Slips wait, up to 0.9.5 for ever, since then 15 minutes"},
    {{0, 9, 1}, {0, 9, 6}, "started with -P, Slips kills a module that takes longer than about 4 seconds to stop"},
    {{0, 9, 6},
     {1, 1, 19},
     "Slips stores its version only after it has started its modules; without VERSION or --slips-version, evidence "
     "waits "
     "until then"},
    {{1, 0, 5}, {1, 0, 5}, "the request to stop comes on control_module only"},
    {{1, 0, 6},
     {1, 0, 15},
     "the evidence process stops together with the modules: evidence that a module sets while it stops is likely lost"},
    {{1, 0, 11},
     {1, 0, 12},
     "alerts.json lacks evidence whose attacker or victim is a domain, also that of Slips itself; alerts.log has it"},
    {{1, 0, 9}, {1, 0, 10}, "a module whose Python file cannot be imported ends Slips"},
    {{0, 9, 0}, {1, 0, 10}, "there is no list of evidence types: any text is one"},
    {{0, 9, 0},
     {1, 1, 1},
     "evidence holds no facts about addresses (AS, rDNS, SNI...); Slips finds them itself where it needs them"},
    {{0, 9, 0}, {1, 1, 0}, "Slips does not count its messages, so a module cannot report lost ones"},
    {{0, 9, 0},
     {1, 1, 15},
     "one piece of evidence that Slips cannot read ends its evidence process: no alerts from then on"},
    {{0, 9, 0}, {1, 1, 17}, "a module cannot see whether the evidence process is still alive"},
    {{1, 1, 9},
     {1, 1, 16},
     "Slips' number of flows per minute is too low while other modules run: it counts unreliably"},
    {{1, 1, 22},
     {1, 1, 22},
     "Slips' main process may die while it reads a file, and then nothing stops the modules: update Slips"},
}};

}  // namespace

std::span<const ActingText> acting_texts() { return texts; }

std::vector<std::string> limitations_of(const Release& release) {
    std::vector<std::string> sentences;
    for (const Limitation& each : limitations)
        if (!release.is_before(each.since) && !(each.last < release.version)) sentences.emplace_back(each.sentence);
    return sentences;
}

}  // namespace slipsdev
