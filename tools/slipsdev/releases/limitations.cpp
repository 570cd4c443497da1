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

/// A row of the table in docs/slips-versions.md, which has the same words.
struct Limitation {
    Version since, last;
    std::string_view what;
    std::string_view remedy{};
};

constexpr Version newest{99, 0, 0};
constexpr std::array<Limitation, 23> limitations{{
    {{0, 9, 0}, {0, 9, 0}, "Redis is always at port 6379, and no file lists the running instances"},
    {{0, 9, 0},
     {0, 9, 1},
     "of several pieces of evidence with the same description in a time window, Slips logs the first",
     "name the peer in the description"},
    {{0, 9, 0}, {0, 9, 3}, "Redis does not contain the version", "started by hand: --slips-dir or --slips-version"},
    {{0, 9, 0}, {0, 9, 5}, "evidence about the profile's own address gets level info, so it does not count"},
    {{0, 9, 0},
     {1, 0, 1},
     "Slips writes invalid JSON to alerts.json for texts with quotation marks, so such evidence is refused",
     "slips::printable()"},
    {{0, 9, 0},
     {1, 0, 4},
     "Slips waits for a module that does not report its stop: up to 0.9.5 for ever, later 15 minutes",
     "the launcher reports it"},
    {{0, 9, 0}, {1, 1, 0}, "Slips does not count its messages, so Gap::lost is empty"},
    {{0, 9, 0},
     {1, 1, 1},
     "evidence for a time window that Slips has not created ends its evidence process",
     "the SDK does not send it"},
    {{0, 9, 0}, {1, 1, 1}, "evidence has no facts about addresses", "database().get() with slips::query::ip"},
    {{0, 9, 0}, {1, 1, 15}, "evidence that Slips cannot read ends its evidence process", "the SDK refuses it"},
    {{0, 9, 0},
     {1, 1, 16},
     "Slips keeps all facts about an address in one object; a score that the SDK stores may undo what another module "
     "stores there at the same moment"},
    {{0, 9, 0}, {1, 1, 17}, "a module cannot see whether the evidence process is still alive"},
    {{0, 9, 0},
     {1, 1, 19},
     "messages have no version: a module started by hand notices another Slips on the same Redis only when it connects "
     "again",
     "start modules through Slips, or restart them"},
    {{0, 9, 1},
     {0, 9, 6},
     "with -P, Slips kills modules four seconds after the stop",
     "shutdown_gracefully() must be quick"},
    {{0, 9, 6},
     {1, 1, 19},
     "Redis contains the version only once the first flows come",
     "started by hand: evidence waits, or --slips-version"},
    {{1, 0, 6},
     {1, 0, 15},
     "the evidence process ends together with the modules: evidence set while the module stops may be lost, although "
     "Redis acknowledged it",
     "set evidence in handlers or timers, not in shutdown_gracefully()"},
    {{1, 0, 9},
     {1, 0, 10},
     "a module whose Python file cannot be imported ends Slips",
     "the SDK's launcher can always be imported"},
    {{1, 0, 11},
     {1, 0, 12},
     "alerts.json lacks evidence whose attacker or victim is a domain, Slips' own too; alerts.log has it"},
    {{1, 0, 11}, newest, "alerts.json lacks evidence about URLs", "the SDK writes the host instead"},
    {{1, 1, 9}, {1, 1, 16}, "Slips counts flows unreliably while other modules run: its flows per minute are too low"},
    {{1, 1, 17}, newest, "Slips itself needs a Redis that knows HEXPIRE (7.4)"},
    {{1, 1, 22},
     {1, 1, 22},
     "Slips' main process may end with an exception five seconds after it starts to read a file. Its modules continue, "
     "and only Ctrl-C stops them",
     "update Slips"},
}};

}  // namespace

std::span<const ActingText> acting_texts() { return texts; }

std::vector<std::string> limitations_of(const Release& release) {
    std::vector<std::string> sentences;
    for (const Limitation& each : limitations)
        if (!release.is_before(each.since) && !(each.last < release.version))
            sentences.push_back(std::string(each.what) +
                                (each.remedy.empty() ? std::string() : " (" + std::string(each.remedy) + ")"));
    return sentences;
}

}  // namespace slipsdev
