// A module that plays the part named by the environment variable PUPPET. Without it, sets evidence for each flow.
#include <slips/slips.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

bool plays(std::string_view part) {
    const char* chosen = std::getenv("PUPPET");
    return chosen && part == chosen;
}

[[noreturn]] void sleep_for_ever() {
    for (;;) ::pause();
}

struct Puppet : slips::Module<Puppet> {
    static constexpr slips::EvidenceType strings_cut{"STRINGS_CUT", "StringsCut"};
    static constexpr slips::ModuleInfo info{.name = "puppet",
                                            .description = "does what PUPPET names",
                                            .authors = "the tests",
                                            .evidence_types = {strings_cut}};

    bool init() override {
        if (plays("abort")) {
            std::fputs("the strings are tangled\n", stderr);
            std::abort();
        }
        if (plays("no init")) {
            std::fputs("no stage\n", stderr);
            return false;
        }
        return true;
    }

    bool pre_main() override {
        print("enters", 1, 0);
        if (plays("levels")) print_levels();
        if (plays("texts")) print_texts();
        if (plays("flood of frames")) flood([this](int i) { print("frame " + std::to_string(i)); });
        if (plays("flood of lines")) flood([](int i) { std::printf("line %d\n", i); });
        if (plays("child")) leave_child();
        return true;
    }

    void on(const slips::NewFlow& msg) {
        if (plays("crash")) crash();
        if (plays("exit")) {
            std::fputs("had enough\n", stderr);
            std::_Exit(3);
        }
        if (plays("leave")) std::_Exit(0);
        if (plays("answer")) print("a flow from " + msg.flow.saddr);
        last_ = msg;
        if (!plays("evidence at stop")) find(msg, "Strings of " + msg.flow.daddr);
    }

    void shutdown_gracefully() override {
        if (plays("hang")) sleep_for_ever();
        if (plays("crash at stop")) crash();
        if (plays("evidence at stop")) find(last_, "Found at the stop");
        print("leaves", 1, 0);
    }

private:
    void print_levels() {
        for (int verbose = 0; verbose <= 3; ++verbose)
            for (int debug = 0; debug <= 3; ++debug)
                print("level " + std::to_string(verbose) + std::to_string(debug), verbose, debug);
        log_error("an error of the strings");
        log_warning("a loose string");
        log_debug("all about strings");
    }

    void print_texts() {
        print("first\nsecond\n");
        print("a | b ||c");
        print("stop_process, stop_pro|cess, stop_stop_processprocess");
        print(std::string("bell \a escape \x1b[31m delete \x7f next \xc2\x85 nul \0 end", 47));
        print("tab\tbetween");
        print("bad \xff\xfe and \xed\xa0\x80 surrogate");
        print("grüße 日本 🙂");
        print(std::string(1'000'000, 'x'));
        std::printf("{\"text\": \"no frame\", \"verbose\": 1, \"debug\": 0}\n");
        std::printf("printf 10%% | %s\n", "stop_process");
        std::fflush(stdout);
        std::cerr << "cerr\x01\xff\n";
        print("the end");
    }

    template <class Print>
    void flood(Print print_line) {
        for (int i = 0; i < 100'000; ++i) print_line(i);
        std::fflush(stdout);
        print("flooded", 0, 1);
    }

    static void crash() {
        std::fputs("the strings are torn\n", stderr);
        ::raise(SIGSEGV);
    }

    static void leave_child() {
        if (::fork() == 0) sleep_for_ever();
    }

    void find(const slips::NewFlow& msg, const std::string& what) {
        set_evidence(msg, slips::Evidence{
                              .type = strings_cut,
                              .unless_registered = slips::EvidenceType::connection_to_private_ip,
                              .description = what,
                              .attacker = msg.flow.saddr,
                              .victim = msg.flow.daddr,
                              .threat_level = slips::ThreatLevel::high,
                              .confidence = 0.8,
                              .category = "Anomaly.Connection",
                          });
    }

    slips::NewFlow last_{};
};

}  // namespace

int main(int argc, char** argv) {
    if (plays("missing library")) {
        std::fputs("puppet: error while loading shared libraries: libhiredis.so.0.14: cannot open shared object file: "
                   "No such file or directory\n",
                   stderr);
        return 127;
    }
    if (plays("ignore signals")) {
        ::signal(SIGTERM, SIG_IGN);
        std::puts("ignores SIGTERM");
        std::fflush(stdout);
        sleep_for_ever();
    }
    return slips::run<Puppet>(argc, argv);
}
