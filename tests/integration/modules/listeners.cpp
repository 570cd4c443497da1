// Modules that print what they receive.
#include "modules.hpp"

#include <slips/slips.hpp>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;

/// What the test configures in a module, beside its arguments.
std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

struct Raw : slips::Module<Raw> {
    static constexpr slips::ModuleInfo info{
        .name = "raw", .description = "prints what comes on channels without a type", .authors = "the tests"};

    bool init() override {
        subscribe("new_ssh");
        subscribe("my_own channel");
        return true;
    }
    void on(const slips::RawMessage& msg) {
        print("raw " + msg.channel + " " + std::to_string(msg.text().size()) + " " +
              std::string(msg.text().substr(0, 64)));
    }
};

struct Both : slips::Module<Both> {
    static constexpr slips::ModuleInfo info{
        .name = "both", .description = "has a handler, and a channel of its own", .authors = "the tests"};

    bool init() override {
        subscribe("my_own channel");
        return true;
    }
    void on(const slips::NewIp& msg) { print("new_ip " + msg.ip); }
    void on(const slips::RawMessage& msg) { print("raw " + msg.channel + " 5 " + std::string(msg.text())); }
};

struct Flows : slips::Module<Flows> {
    static constexpr slips::ModuleInfo info{
        .name = "flows", .description = "prints the flows of several logs", .authors = "the tests"};

    void on(const slips::NewFlow& msg) { print("flow new_flow " + msg.flow.uid); }
    void on(const slips::NewDns& msg) { print("flow new_dns " + msg.flow.uid + " " + msg.flow.query); }
    void on(const slips::NewSsl& msg) { print("flow new_ssl " + msg.flow.uid + " " + msg.flow.server_name); }
};

struct Texts : slips::Module<Texts> {
    static constexpr slips::ModuleInfo info{
        .name = "texts", .description = "prints the messages of plain text", .authors = "the tests"};

    void on(const slips::NewIp& msg) { print("new_ip " + msg.ip); }
    void on(const slips::NewProfile& msg) { print("new_profile " + msg.ip); }
    void on(const slips::TwClosed& msg) { print("tw_closed " + msg.profileid + " " + msg.twid); }
    void on(const slips::TwModified& msg) { print("tw_modified " + msg.profileid + " " + msg.twid); }
    void on(const slips::DnsInfoChange& msg) { print("dns_info_change " + msg.domain); }
};

struct Hooks : slips::Module<Hooks> {
    static constexpr slips::ModuleInfo info{.name = "hooks", .description = "prints its life", .authors = "the tests"};

    bool init() override {
        print("hook init");
        if (variable("INIT") == "makes its folder") output_dir();
        if (variable("INIT") == "throws") throw std::runtime_error("no model file");
        return variable("INIT") != "false";
    }
    bool pre_main() override {
        std::ofstream file(output_dir() / "note.txt");
        print(file << "written after the drop\n" ? "hook pre_main" : "hook pre_main cannot write");
        if (variable("PRE_MAIN") == "wants root back")
            print(::seteuid(0) == 0 || ::setuid(0) == 0 || ::setegid(0) == 0 || ::setgid(0) == 0 ? "is root again"
                                                                                                 : "never root again");
        return variable("PRE_MAIN") != "false";
    }
    void on(const slips::NewFlow& msg) {
        print("flow " + msg.flow.uid);
        last_ = msg;
    }
    void on_gap(const slips::Gap& gap) override {
        print("hook on_gap: " + gap.reason);
        print("lost " + (gap.lost ? std::to_string(*gap.lost) : "nobody knows how many"));
    }
    void shutdown_gracefully() override {
        print("hook shutdown_gracefully");
        if (last_.profileid.empty()) return;
        set_evidence(last_, {
                                .type = slips::EvidenceType::long_connection,
                                .description = "Seen until the end: " + last_.daddr,
                                .attacker = last_.saddr,
                                .threat_level = slips::ThreatLevel::medium,
                                .confidence = 1,
                                .category = "Anomaly.Connection",
                            });
    }

    slips::Context last_{};
};

struct Ticker : slips::Module<Ticker> {
    static constexpr slips::ModuleInfo info{
        .name = "ticker", .description = "does things by itself", .authors = "the tests"};

    bool pre_main() override {
        loop_ = std::this_thread::get_id();
        every(5ms, [this] {
            if (++ticks_ <= 3) print("tick " + std::to_string(ticks_) + here());
        });
        every(1h, [this] { print("an hour already"); });
        worker_ = std::thread([this] {
            for (int i = 1; i <= 1000; ++i)
                post([this, i] {
                    posted_ += i;
                    if (i == 1000) print("posted, together " + std::to_string(posted_) + here());
                });
            post([] { throw std::runtime_error("a bad idea"); });
        });
        return true;
    }
    void on(const slips::NewFlow&) {}
    void shutdown_gracefully() override { worker_.join(); }

    std::string here() const {
        return std::this_thread::get_id() == loop_ ? " on the loop's thread" : " on another thread";
    }

    std::thread::id loop_{};
    std::thread worker_{};
    int ticks_ = 0;
    int posted_ = 0;
};

struct Metronome : slips::Module<Metronome> {
    static constexpr slips::ModuleInfo info{.name = "metronome", .description = "has a timer", .authors = "the tests"};

    bool pre_main() override {
        every(20ms, [this] { print("tick"); });
        return true;
    }
    void on(const slips::NewFlow& msg) { print("flow " + msg.flow.uid); }
};

/// Counts, measures, and logs at all levels.
struct Metered : slips::Module<Metered> {
    static constexpr slips::ModuleInfo info{
        .name = "metered", .description = "measures itself", .authors = "the tests", .version = "1.10.0"};

    void on(const slips::NewFlow& msg) {
        count("flows");
        gauge("last_port", static_cast<double>(msg.flow.dport.value_or(0)));
        print("flow " + msg.flow.uid);
        if (msg.flow.uid != "Clog") return;
        log_error("an error\nin two \x1b lines");
        log_warning("a warning");
        log_debug("a detail");
    }
    void shutdown_gracefully() override { count("ends"); }
};

/// Lacks a subscribe().
struct Forgetful : slips::Module<Forgetful> {
    static constexpr slips::ModuleInfo info{
        .name = "forgetful", .description = "has no subscription", .authors = "the tests"};

    bool init() override {
        if (variable("INIT") == "subscribes") subscribe("new_ssh");
        return true;
    }
    void on(const slips::RawMessage& msg) { print(msg.channel); }
};

/// Prints before it is connected.
struct Hasty : slips::Module<Hasty> {
    static constexpr slips::ModuleInfo info{
        .name = "hasty", .description = "prints in its constructor", .authors = "the tests"};

    Hasty() { print("here I am"); }
    void on(const slips::NewFlow&) {}
};

struct NeedsRoot : slips::Module<NeedsRoot> {
    static constexpr slips::ModuleInfo info{
        .name = "needs_root", .description = "keeps root", .authors = "the tests", .needs_root = true};

    void on(const slips::NewFlow&) {}
};

}  // namespace

int raw(int argc, char** argv) { return slips::run<Raw>(argc, argv); }
int both(int argc, char** argv) { return slips::run<Both>(argc, argv); }
int flows(int argc, char** argv) { return slips::run<Flows>(argc, argv); }
int texts(int argc, char** argv) { return slips::run<Texts>(argc, argv); }
int hooks(int argc, char** argv) { return slips::run<Hooks>(argc, argv); }
int metronome(int argc, char** argv) { return slips::run<Metronome>(argc, argv); }
int ticker(int argc, char** argv) { return slips::run<Ticker>(argc, argv); }
int forgetful(int argc, char** argv) { return slips::run<Forgetful>(argc, argv); }
int hasty(int argc, char** argv) { return slips::run<Hasty>(argc, argv); }
int needs_root(int argc, char** argv) { return slips::run<NeedsRoot>(argc, argv); }
int metered(int argc, char** argv) { return slips::run<Metered>(argc, argv); }
