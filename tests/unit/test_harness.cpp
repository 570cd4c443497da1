// The author's test harness: how it runs a module, which errors it finds, and how it reports them.
#include "slips/testing.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "messages.hpp"
#include "slips/generation.hpp"
#include "slips/impl/testing/golden.hpp"
#include "slips/module.hpp"

using namespace std::chrono_literals;
using slips::Generation;
using slips::testing::Failure;
using slips::testing::Harness;
using slips::testing::Settings;
using slips_test::current_flow;
using slips_test::legacy_flow;

namespace {

/// Sets evidence about a message that names no flow.
struct AtTheEnd : slips::Module<AtTheEnd> {
    static constexpr slips::ModuleInfo info{.name = "at_the_end"};
    void on(const slips::TwClosed& msg) {
        set_evidence(msg, {.type = slips::EvidenceType::horizontal_port_scan,
                           .description = "many flows",
                           .attacker = msg.profile_ip(),
                           .threat_level = slips::ThreatLevel::low,
                           .confidence = 0.5,
                           .category = "Recon.Scanning"});
    }
};

/// Does what the test sets.
struct Detector : slips::Module<Detector> {
    static constexpr slips::EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};
    static constexpr slips::ModuleInfo info{.name = "detector", .evidence_types = {local_device}};

    std::function<bool()> at_start = [] { return true; };
    std::function<void(Detector&, const slips::NewFlow&)> on_flow = [](Detector& self, const slips::NewFlow& msg) {
        self.set_evidence(msg, found(msg));
    };
    std::function<void()> at_end{};
    std::vector<std::string> received{};
    std::vector<slips::Gap> gaps{};

    static slips::Evidence found(const slips::NewFlow& msg) {
        return {.type = local_device,
                .description = "a connection to the local device " + msg.flow.daddr,
                .attacker = msg.flow.saddr,
                .victim = msg.flow.daddr,
                .threat_level = slips::ThreatLevel::high,
                .confidence = 0.8,
                .category = "Anomaly.Connection"};
    }

    bool init() override { return at_start(); }
    void on(const slips::NewFlow& msg) { on_flow(*this, msg); }
    void on(const slips::NewDns& msg) {
        received.push_back(msg.flow.query + " of " + msg.flow.uid + " in " + msg.twid);
    }
    void on(const slips::TwClosed& msg) { received.push_back(msg.profileid + " " + msg.twid); }
    void on_gap(const slips::Gap& gap) override { gaps.push_back(gap); }
    void shutdown_gracefully() override {
        if (at_end) at_end();
    }
    using ModuleBase::config;
    using ModuleBase::database;
    using ModuleBase::every;
    using ModuleBase::output_dir;
    using ModuleBase::print;
    using ModuleBase::publish;
    using ModuleBase::set_evidence;
    using ModuleBase::store;
};

/// Sets evidence about each evidence it receives, its own included.
struct Echo : slips::Module<Echo> {
    static constexpr slips::ModuleInfo info{.name = "echo"};
    void on(const slips::EvidenceAdded& msg) {
        set_evidence(msg, {.type = slips::EvidenceType::connection_to_private_ip,
                           .description = "more of " + msg.attacker.value,
                           .attacker = msg.attacker.value,
                           .threat_level = slips::ThreatLevel::info,
                           .confidence = 0.1,
                           .category = "Anomaly.Connection"});
    }
};

/// Counts flows over all its runs.
struct Learner : slips::Module<Learner> {
    static constexpr slips::ModuleInfo info{.name = "learner"};
    int flows = 0;
    bool init() override {
        flows = std::stoi(store().get("flows").value_or("0"));
        return true;
    }
    void on(const slips::NewFlow&) { ++flows; }
    void shutdown_gracefully() override { store().set("flows", std::to_string(flows)); }
};

struct Handlerless : slips::Module<Handlerless> {
    static constexpr slips::ModuleInfo info{.name = "handlerless"};
    bool init() override {
        count("started");  // written later, which is no timer
        return true;
    }
};

slips::Conn to(const std::string& daddr) { return {.saddr = "192.168.1.12", .daddr = daddr}; }

/// Returns the message of the exception that a call throws; empty if none.
template <class Call>
std::string failure_of(Call&& call) {
    try {
        call();
    } catch (const Failure& failure) {
        return failure.what();
    }
    return {};
}

struct TemporaryFile {
    std::string path = (std::filesystem::temp_directory_path() / ("slips-" + slips::UuidSource().next())).string();
    ~TemporaryFile() { std::filesystem::remove(path); }
    void write(const std::string& text) const { std::ofstream(path) << text; }
    std::string text() const {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

}  // namespace

TEST_CASE("evidence without a time has that of the harness' clock, and is no error") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<AtTheEnd> host(generation);
        host.redis().sorted_sets["twsprofile_10.0.0.1"]["timewindow1"] = "0";
        slips::TwClosed closed;
        closed.profileid = "profile_10.0.0.1";
        closed.twid = "timewindow1";
        for (int i = 0; i < 2; ++i) {
            host.advance(1h);
            host.send(closed);
        }
        REQUIRE(host.accepted().size() == 2);
        const auto time = [&](std::size_t i) { return host.accepted()[i].evidence.timestamp.seconds().value(); };
        CHECK(time(1) - time(0) == doctest::Approx(3600));
        host.stop();
    }
}

TEST_CASE("a typed message is encoded and decoded in the form of its generation") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        CAPTURE(to_string(generation));
        Harness<Detector> host(generation);
        host.send<slips::NewFlow>(to("192.168.1.18"));
        host.expect_evidence(1);
        host.expect_victims();
        const slips::EvidenceAdded& added = host.evidence().front();
        CHECK(added.type ==
              (generation == Generation::current ? "CONNECTION_TO_LOCAL_DEVICE" : "ConnectionToLocalDevice"));
        CHECK(added.attacker.value == "192.168.1.12");
        CHECK(added.victim.value == (generation == Generation::current ? "192.168.1.18" : ""));
        CHECK(added.profileid == "profile_192.168.1.12");
        CHECK(added.uids == std::vector<std::string>{"CTest1"});
        CHECK(host.accepted().front().evidence.victim.value == "192.168.1.18");
        CHECK(host.accepted().front().context.daddr == "192.168.1.18");
        CHECK(host.stats().evidence.acknowledged == 1);

        slips::NewDns dns;
        dns.flow.query = "example.org";
        dns.profileid = "profile_192.168.1.12";
        dns.twid = "timewindow7";
        host.send(dns);
        slips::TwClosed closed;
        closed.profileid = "profile_192.168.1.12";
        closed.twid = "timewindow7";
        host.send(closed);
        CHECK(host.module().received ==
              std::vector<std::string>{"example.org of CTest2 in timewindow7", "profile_192.168.1.12 timewindow7"});
        CHECK(host.stats().messages.handled == 3);
        CHECK(host.complaints().empty());
        host.stop();
    }
}

TEST_CASE("raw texts and captures of either generation are sent") {
    Harness<Detector> current;
    current.send("new_flow", current_flow());
    current.expect_evidence(1);
    Harness<Detector> legacy(Generation::legacy);
    legacy.send("new_flow", legacy_flow());
    legacy.send("new_flow", legacy_flow("CUid2"));
    legacy.expect_evidence(1);  // a repeat
    CHECK(legacy.stats().evidence.deduplicated == 1);

    Harness<Detector> from_file;
    CHECK(from_file.send_file(SLIPS_TEST_SOURCE_DIR "/tests/data/messages/current.jsonl") == 6);
    CHECK(from_file.stats().messages.channels.at("tw_closed") == 1);
    CHECK(failure_of([&] { from_file.send_file("/nowhere"); }) == "slips: cannot read /nowhere");
    const TemporaryFile file;
    file.write("{\"channel\": \"new_ip\", \"data\": \"10.0.0.1\"}\n");
    CHECK(failure_of([&] {
              from_file.send_file(file.path);
          }).find("has no messages of the channels that the module subscribes to") != std::string::npos);
    file.write("\nnonsense\n");
    CHECK(failure_of([&] { from_file.send_file(file.path); }).find(":2: not {\"channel\"") != std::string::npos);
    file.write("{\"channel\": \"new_flow\", \"data\": \"{}\"}\n");
    CHECK(failure_of([&] { from_file.send_file(file.path); }).find(":1: slips: in on(new_flow):\n  new_flow:") !=
          std::string::npos);
}

TEST_CASE("the first message sets the version of Slips") {
    Harness<Detector> older;
    older.send("new_flow", current_flow("C1", "1.1.20"));
    slips::TwClosed closed;
    closed.profileid = "profile_192.168.1.12";
    closed.twid = "timewindow1";
    older.send(closed);
    older.expect_evidence(1);
    CHECK(older.evidence().front().version == "1.1.20");
    Harness<Detector> typed;
    typed.send<slips::NewFlow>(to("192.168.1.18"));
    CHECK(typed.evidence().front().version == slips::tested_slips_version);
    const TemporaryFile file;
    file.write(
        R"({"channel": "new_ip", "data": "{\"text\": \"10.0.0.1\", \"version\": \"1.2.0\"}"})"
        "\n"
        R"({"channel": "tw_closed", "data": "{\"text\": \"profile_10.0.0.1_timewindow1\", \"version\": \"1.2.0\"}"})"
        "\n");
    Harness<Detector> captured;
    CHECK(captured.send_file(file.path) == 1);
    Harness<Detector> fixed(Settings{.slips_version = "1.1.21"});
    CHECK(failure_of([&] { fixed.send("new_flow", current_flow("C1", "1.1.20")); }).find("skipping messages") !=
          std::string::npos);
}

TEST_CASE("a message that does not reach the module fails the test") {
    Harness<Detector> host(Settings{.slips_version = "1.1.21"});
    CHECK(failure_of([&] { host.send("new_flow", "{}"); }) ==
          "slips: in on(new_flow):\n  new_flow: a message was skipped: profileid is missing, expected text");
    CHECK(failure_of([&] { host.send<slips::NewFlow>({.saddr = "192.168.1.12"}); }) ==
          "slips: in on(new_flow):\n  new_flow: a message was skipped: daddr is text, expected an IP address");
    host.send("new_flow", current_flow());
    CHECK(failure_of([&] { host.send("new_flow", current_flow("C1", "1.0.0")); }) ==
          "slips: in on(new_flow):\n  new_flow: skipping messages of Slips 1.0.0, as this is Slips 1.1.21");
    CHECK(failure_of([&] { host.send(slips::NewIp()); }) ==
          "slips: the module does not subscribe to new_ip, but:\n  new_flow\n  new_dns\n  tw_closed\n  new_dns_flow");
    CHECK(failure_of([&] { host.send(slips::NewDomain()); }) == "slips: current Slips has no such message");
    host.expect_evidence(1);
}

TEST_CASE("found: evidence that would harm Slips") {
    const auto no_confidence = [](Detector& self, const slips::NewFlow& msg) {
        slips::Evidence evidence = Detector::found(msg);
        evidence.confidence.reset();
        self.set_evidence(msg, evidence);
    };
    const std::string refusal = "evidence refused: confidence: is not set; it must be a number between 0 and 1";
    Harness<Detector> strict;
    strict.module().on_flow = no_confidence;
    for (int i = 0; i < 2; ++i)  // each time, not once
        CHECK(failure_of([&] { strict.send<slips::NewFlow>(to("192.168.1.18")); }) ==
              "slips: in on(new_flow):\n  " + refusal);

    Harness<Detector> lenient(Settings{.strict = false});
    lenient.module().on_flow = no_confidence;
    lenient.send<slips::NewFlow>(to("192.168.1.18"));
    lenient.expect_refusals(1);
    CHECK(lenient.refusals().front() == refusal);
    CHECK(failure_of([&] { lenient.expect_refusals(0); }) == "slips: expected 0 refusals, found 1:\n  " + refusal);
    CHECK(failure_of([&] { lenient.expect_evidence(1); }) ==
          "slips: expected 1 evidence, found 0:\n  nothing\nand was logged:\n  " + refusal);

    Harness<Detector> by_hand(Settings{.registered = false});
    CHECK(failure_of([&] {
              by_hand.send<slips::NewFlow>(to("192.168.1.18"));
          }).find("Slips does not know CONNECTION_TO_LOCAL_DEVICE") != std::string::npos);
    Harness<Detector> legacy(Generation::legacy);
    legacy.module().on_flow = [](Detector& self, const slips::NewFlow& msg) {
        slips::Context elsewhere = msg;
        elsewhere.twid = "timewindow99";
        self.set_evidence(elsewhere, Detector::found(msg));
    };
    CHECK(failure_of([&] { legacy.send<slips::NewFlow>(to("192.168.1.18")); }).find("Slips has no timewindow99") !=
          std::string::npos);
}

TEST_CASE("found: a module that sets no victim") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<Detector> host(generation);
        host.module().on_flow = [](Detector& self, const slips::NewFlow& msg) {
            slips::Evidence evidence = Detector::found(msg);
            evidence.victim = {};
            self.set_evidence(msg, evidence);
            slips::Context many = msg;  // about several peers: has no single one
            many.daddr.clear();
            self.set_evidence(many, evidence);
        };
        host.send<slips::NewFlow>(to("192.168.1.18"));
        CHECK(failure_of([&] { host.expect_victims(); }) ==
              "slips: evidence without a victim:\n  a connection to the local device 192.168.1.18 (the attacker is "
              "192.168.1.12; .victim may be 192.168.1.18)");
    }
}

TEST_CASE("found: a module that throws, in any handler or hook") {
    Harness<Detector> host;
    host.module().on_flow = [](Detector&, const slips::NewFlow&) { throw std::runtime_error("no"); };
    for (int i = 0; i < 2; ++i)
        CHECK(failure_of([&] { host.send("new_flow", current_flow("C7")); }) ==
              "slips: in on(new_flow):\n  on(new_flow) threw: no (uid C7)");
    host.module().every(1min, [] { throw std::runtime_error("late"); });
    CHECK(failure_of([&] { host.advance(59s); }).empty());
    CHECK(failure_of([&] { host.advance(1s); }) == "slips: in a timer:\n  a timer threw: late");
    host.module().at_end = [] { throw std::runtime_error("at last"); };
    CHECK(failure_of([&] { host.stop(); }) == "slips: in the stop:\n  shutdown_gracefully() threw: at last");

    Harness<Detector> at_once;
    at_once.module().at_start = []() -> bool { throw std::runtime_error("no file"); };
    CHECK(failure_of([&] { at_once.start(); }) == "slips: in init():\n  init() threw: no file");
    CHECK(failure_of([&] { at_once.send<slips::NewFlow>(to("192.168.1.18")); }) ==
          "slips: the module has stopped, or did not start");
    Harness<Detector> refusing;
    refusing.module().at_start = [] { return false; };
    CHECK(failure_of([&] { refusing.start(); }) == "slips: init() returned false: the module does not start");
    CHECK(failure_of([] { Harness<Handlerless>().start(); }).find("subscribes to nothing and has no timer") !=
          std::string::npos);
}

TEST_CASE("found: a module that never stops") {
    std::atomic<bool> reported{false};
    Harness<Detector> host(Settings{.on_hang = [&](const std::string& hangs) {
        if (hangs == "shutdown_gracefully() has not returned for 1 ms") reported = true;
    }});
    host.module().at_end = [&reported] {
        while (!reported) std::this_thread::yield();
    };
    host.start();
    host.set_patience(1ms);
    CHECK(failure_of([&] { host.stop(); }).find("\n  shutdown_gracefully() has not returned for 1 ms") !=
          std::string::npos);
}

TEST_CASE("found: a module that never becomes idle") {
    Harness<Echo> echo;
    CHECK(failure_of([&] {
              slips::EvidenceAdded first;
              first.type = "ARP_SCAN";
              first.description = "scan";
              first.attacker.value = first.victim.value = "192.168.1.12";
              first.profileid = "profile_192.168.1.12";
              first.twid = "timewindow1";
              first.timestamp = 1654188705.5;
              echo.send(first);
          }).find("the module does not come to rest") != std::string::npos);
}

TEST_CASE("timers run on the test's clock, wherever they were started") {
    Harness<Detector> host(Settings{.slips_version = "1.1.21"});
    std::vector<std::string> ran;
    host.module().at_start = [&] {
        host.module().every(1min, [&] { ran.push_back("minute"); });
        return true;
    };
    host.module().on_flow = [&](Detector& self, const slips::NewFlow&) {
        self.every(10s, [&] { ran.push_back("ten"); });
    };
    host.advance(1h);
    CHECK(ran.size() == 60);
    host.send("new_flow", current_flow());
    ran.clear();
    host.advance(9s);
    CHECK(ran.empty());
    host.advance(1s);
    CHECK(ran == std::vector<std::string>{"ten"});
    host.stop();
    CHECK(failure_of([&] { host.advance(1s); }) == "slips: the module has stopped, or did not start");
}

TEST_CASE("wait_until() waits for posted functions without sleeping") {
    Harness<Detector> host;
    int posted = 0;
    host.start();
    std::thread other([&] {
        for (int i = 0; i < 3; ++i) host.module().post([&posted] { ++posted; });
    });
    host.wait_until([&] { return posted == 3; });
    other.join();
    CHECK(posted == 3);
    Harness<Detector> hasty(Settings{.patience = 1ms, .on_hang = [](const std::string&) {}});
    CHECK(failure_of([&] { hasty.wait_until([] { return false; }); }).find("slips: ") == 0);
}

TEST_CASE("wait_until() sees what another thread does without post()") {
    Harness<Detector> host(Settings{.patience = 20s});
    std::atomic<bool> done{false};
    std::promise<void> asked;
    bool first = true;
    std::thread other([&] {
        asked.get_future().wait();  // so that the condition was false at least once
        done = true;
    });
    host.wait_until([&] {
        if (std::exchange(first, false)) {
            asked.set_value();
            return false;
        }
        return done.load();
    });
    other.join();
    CHECK(done);
}

TEST_CASE("calls from another thread are refused and fail the test") {
    const auto on_another_thread = [](const std::function<void()>& call) { std::thread(call).join(); };
    const auto line = [](const std::string& call) {
        return "slips: in a posted function:\n  " + call +
               " was called from another thread, and refused; use post(), which calls a function on the thread of the "
               "handlers";
    };
    const auto now = [](Harness<Detector>& host) { return failure_of([&] { host.wait_until([] { return true; }); }); };
    Harness<Detector> host(Settings{.slips_version = "1.1.21"});
    host.start();
    slips::NewFlow flow;
    host.module().on_flow = [&](Detector&, const slips::NewFlow& msg) { flow = msg; };
    host.send("new_flow", current_flow());
    bool accepted = true;
    on_another_thread([&] { accepted = host.module().set_evidence(flow, Detector::found(flow)); });
    CHECK_FALSE(accepted);
    CHECK(now(host) == line("set_evidence()"));
    host.expect_evidence(0);
    on_another_thread([&] { host.module().print("one"); });
    CHECK(now(host) == line("print()"));
    CHECK(host.prints().empty());
    on_another_thread([&] { accepted = host.module().publish("channel", "text"); });
    CHECK_FALSE(accepted);
    CHECK(now(host) == line("publish()"));
    std::string thrown;
    on_another_thread([&] {
        try {
            host.module().config();
        } catch (const std::logic_error& error) {
            thrown = error.what();
        }
    });
    CHECK(thrown.find("slips: config() was called from another thread") == 0);
    CHECK(now(host) == line("config()"));
    on_another_thread([&] {
        for (int i = 0; i < 100; ++i) host.module().print("again");
    });
    CHECK(now(host) == "");  // reported once
    on_another_thread([&] { host.module().post([&] { host.module().print("posted"); }); });
    host.wait_until([&] { return !host.prints().empty(); });
    host.expect_print("posted");
    host.stop();
}

TEST_CASE("a Database& and a Store& that a thread has kept refuse its calls, and fail the test") {
    Harness<Detector> host;
    host.start();
    slips::Store& store = host.module().store();
    slips::Database& database = host.module().database();
    const auto refuses = [&](const std::string& name, const std::function<void()>& call) {
        CAPTURE(name);
        std::string thrown;
        std::thread([&] {
            try {
                call();
            } catch (const std::logic_error& error) {
                thrown = error.what();
            }
        }).join();
        CHECK(thrown.find("slips: " + name + " was called from another thread, and refused") == 0);
        CHECK(failure_of([&] { host.wait_until([] { return true; }); }).find(name + " was called") !=
              std::string::npos);
    };
    const std::map<std::string, std::string> none;
    refuses("store().set()", [&] { store.set("k", "v"); });
    std::thread([&] { CHECK_THROWS_AS(store.set(none), std::logic_error); }).join();
    refuses("store().get()", [&] { store.get("k"); });
    refuses("store().all()", [&] { store.all(); });
    refuses("store().remove()", [&] { store.remove("k"); });
    refuses("store().clear()", [&] { store.clear(); });
    refuses("database().get()", [&] { database.get(slips::query::profiles()); });
    refuses("database().forget()", [&] { database.forget(); });
    CHECK(host.asked().empty());
    host.expect_store({});
    host.module().store().set("k", "v");  // on the thread of the handlers as before
    host.expect_store({{"k", "v"}});
    host.stop();
}

TEST_CASE("a call from another thread in shutdown_gracefully() fails the test, also if nothing was posted before") {
    Harness<Detector> host;
    host.start();
    host.module().at_end = [&] { std::thread([&] { host.module().print("from a thread"); }).join(); };
    CHECK(failure_of([&] { host.stop(); }).find("\n  print() was called from another thread, and refused") !=
          std::string::npos);
    CHECK(host.stats().messages.handler_errors == 1);
    CHECK(host.prints().empty());
}

TEST_CASE("a call from another thread is printed if the test ends without stop()") {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stderr);
    const int kept = ::dup(2);
    ::dup2(::fileno(file), 2);
    {
        Harness<Detector> host;
        host.start();
        std::thread([&] { host.module().print("from a thread"); }).join();
    }
    std::fflush(stderr);
    ::dup2(kept, 2);
    ::close(kept);
    std::rewind(file);
    std::string text(1000, ' ');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    CHECK(text.find("slips: print() was called from another thread, and refused") == 0);
}

TEST_CASE("a message that a handler keeps a reference to is empty afterwards, a copy is not") {
    Harness<Detector> host;
    const slips::NewFlow* kept = nullptr;
    slips::NewFlow copy;
    host.module().on_flow = [&](Detector&, const slips::NewFlow& msg) {
        kept = &msg;
        copy = msg;
    };
    host.send("new_flow", current_flow("C1"));
    REQUIRE(kept != nullptr);
    CHECK(kept->flow.uid == "");
    CHECK(kept->profileid == "");
    CHECK_FALSE(kept->flow.dport);
    CHECK(kept->payload.view() == "");
    CHECK(copy.flow.uid == "C1");
    CHECK(copy.payload.view().find("C1") != std::string_view::npos);
    host.module().on_flow = [&](Detector&, const slips::NewFlow& msg) {
        kept = &msg;
        throw std::runtime_error("after that");
    };
    CHECK(failure_of([&] { host.send("new_flow", current_flow("C2")); }).find("uid C2") != std::string::npos);
    CHECK(kept->flow.uid == "");
    // nor is it the next message of the type
    std::string read;
    host.module().on_flow = [&](Detector&, const slips::NewFlow& msg) { read = kept->flow.uid + "," + msg.flow.uid; };
    host.send("new_flow", current_flow("C3"));
    CHECK(read == ",C3");
}

namespace {
struct Subscriber : slips::Module<Subscriber> {
    static constexpr slips::ModuleInfo info{.name = "subscriber"};
    std::string channel{};
    bool init() override {
        subscribe("my_channel");
        subscribe(channel);
        return true;
    }
    void on(const slips::NewSsh&) {}
    void on(const slips::RawMessage&) {}
};
std::string failure_to_subscribe(const std::string& channel) {
    Harness<Subscriber> host;
    host.module().channel = channel;
    return failure_of([&] { host.start(); });
}
}  // namespace

TEST_CASE("a channel that is probably misspelt, or that a handler receives already, is reported") {
    const auto misspelt = [](const std::string& channel, const std::string& meant) {
        return failure_to_subscribe(channel) == "slips: in init():\n  subscribe(\"" + channel +
                                                    "\"): Slips has no channel of this name; did you mean " + meant +
                                                    "?";
    };
    CHECK(misspelt("new_flwo", "new_flow"));
    CHECK(misspelt("newflow", "new_flow"));
    CHECK(misspelt("evidence_aded", "evidence_added"));
    CHECK(misspelt("tw_close", "tw_closed"));
    CHECK(misspelt("NEW_FLOW", "new_flow"));
    for (const char* channel : {"new_flow", "new_blame", "my_channel", "fides2slips", "iris_internal", "x"}) {
        CAPTURE(channel);
        CHECK(failure_to_subscribe(channel) == "");
    }
    CHECK(failure_to_subscribe(std::string(200, 'n')) == "");
    CHECK(failure_to_subscribe("") ==
          "slips: in init():\n  init() threw: slips: subscribe() needs the name of a channel");
    CHECK(failure_to_subscribe("new_ssh") == "slips: in init():\n  subscribe(\"new_ssh\"): a handler receives these "
                                             "messages already; the call has no effect");
}

namespace {
struct Hasty : slips::Module<Hasty> {
    static constexpr slips::ModuleInfo info{.name = "hasty"};
    Hasty() { set_evidence(slips::Context{}, {}); }
    void on(const slips::NewFlow&) {}
};
}  // namespace

TEST_CASE("set_evidence() in a constructor fails the test") {
    Harness<Hasty> host;
    CHECK(failure_of([&] { host.start(); }).find("a module is not connected in its constructor") != std::string::npos);
}

TEST_CASE("prints, publishes, folder, configuration, gaps and commands are recorded") {
    std::filesystem::path folder;
    {
        Harness<Detector> host(Settings{.config = R"({"modules": {"depth": 3}})"});
        host.module().on_flow = [&](Detector& self, const slips::NewFlow& msg) {
            self.print("seen " + msg.flow.uid, 2, 1);
            self.publish("my_channel", "hello");
            folder = self.output_dir();
            self.print(std::to_string(self.config().get("modules", "depth", 0)));
        };
        host.send("new_flow", current_flow("C1"));
        host.expect_print("seen C1");
        host.expect_print("3");
        CHECK(host.prints().front().verbose == 2);
        CHECK(failure_of([&] { host.expect_print("nothing of the kind"); }) ==
              "slips: expected a print with \"nothing of the kind\", found:\n  seen C1\n  3");
        REQUIRE(host.published().size() == 1);
        CHECK(host.published().front().channel == "my_channel");
        CHECK(host.published().front().text == R"({"text": "hello", "version": "1.1.21"})");
        CHECK(std::filesystem::is_directory(folder));
        host.miss(300ms);
        REQUIRE(host.module().gaps.size() == 1);
        CHECK(host.module().gaps.front().duration == 300ms);
        host.send("control_channel", "stop_slips");
        CHECK(failure_of([&] { host.send("new_flow", current_flow()); }).find("has stopped") != std::string::npos);
        CHECK(std::count(host.commands().begin(), host.commands().end(),
                         R"(PUBLISH my_channel {"text": "hello", "version": "1.1.21"})") == 1);
    }
    CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("the test sets the content of Slips' database") {
    Harness<Detector> host;
    host.cache().hset("IPsInfo:asn", "192.168.1.18", R"({"number": "AS1", "org": "Neighbours"})");
    host.send<slips::NewFlow>(to("192.168.1.18"));
    CHECK(host.evidence().front().victim.as_org == "Neighbours");

    // and the module's queries
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<Detector> asks(generation);
        asks.cache().hset("portinfo", "80/tcp", "http");
        std::string known;
        asks.module().on_flow = [&known](Detector& self, const slips::NewFlow& msg) {
            const auto [window, port] =
                self.database().get(slips::query::window(msg.profileid, msg.twid), slips::query::port_name(80, "tcp"));
            known = window.twid + " of " + slips::python_repr(window.width.value_or(0)) + " s, " + port;
            self.store().set({{"flows", "1"}, {"last", msg.flow.uid}});
            self.store().remove("last");
        };
        asks.send<slips::NewFlow>(to("192.168.1.18"));
        CHECK(known == "timewindow1 of 3600.0 s, http");
        CHECK(asks.cache().hashes["module_store:detector"] == std::map<std::string, std::string>{{"flows", "1"}});
        CHECK(asks.asked().front() == "main ZSCORE twsprofile_192.168.1.12 timewindow1");

        // a repeated query is answered from memory, for a while
        const auto before = asks.asked().size();
        asks.send<slips::NewFlow>(to("192.168.1.18"));
        CHECK(asks.asked().size() == before + 2);  // the store
        asks.advance(slips::Database::age);
        asks.send<slips::NewFlow>(to("192.168.1.18"));
        CHECK(asks.asked().size() == before + 2 + 7);
    }
}

TEST_CASE("the test sets what the module's store holds before init(), and reads what the module has stored") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<Learner> first(generation);
        first.expect_store({});
        first.send<slips::NewFlow>(to("192.168.1.18"));
        CHECK(first.store().get("flows") == std::nullopt);
        first.stop();
        first.expect_store({{"flows", "1"}});
        CHECK(first.store().get("flows") == "1");

        // the next start
        Harness<Learner> second(generation);
        second.store().set(first.store().all());
        second.store().set("old", "x");
        CHECK(second.asked().empty());  // what the test does is not what the module does
        second.start();
        CHECK(second.module().flows == 1);
        second.send<slips::NewFlow>(to("192.168.1.18"));
        second.stop();
        second.expect_store({{"flows", "2"}, {"old", "x"}});
        CHECK(second.asked() == std::vector<std::string>{"cache HGET module_store:learner flows",
                                                         "cache HSET module_store:learner flows 2"});

        const std::string failure = failure_of([&] { second.expect_store({{"flows", "3"}, {"lost", "y"}}); });
        CHECK(failure == "slips: the module's store differs:\n  flows is 2; expected 3\n  lost is missing; expected y\n"
                         "  old is x; expected no such value");
        second.store().clear();
        second.expect_store({});
    }
}

TEST_CASE("the flow's profile and time window exist in the database, as in Slips") {
    for (const Generation generation : {Generation::current, Generation::legacy}) {
        Harness<Detector> host(
            Settings{.generation = generation, .config = R"({"parameters": {"time_window_width": 300}})"});
        std::vector<std::string> profiles;
        slips::TimeWindow window;
        host.module().on_flow = [&](Detector& self, const slips::NewFlow& msg) {
            profiles = self.database().get(slips::query::profiles());
            window = self.database().get(slips::query::window(msg.profileid, msg.twid));
        };
        host.send<slips::NewFlow>({.starttime = 1700000123.5, .saddr = "192.168.1.12", .daddr = "192.168.1.18"});
        CHECK(profiles == std::vector<std::string>{"profile_192.168.1.12"});
        CHECK(window.start == 1700000123.5);
        CHECK(window.end() == 1700000423.5);
    }
}

TEST_CASE("published() returns what the module published, without what the SDK publishes for evidence") {
    Harness<Detector> host;
    host.module().on_flow = [](Detector& self, const slips::NewFlow& msg) {
        slips::Context stranger = msg;
        stranger.profileid = "profile_10.9.9.9";  // Slips has no profile for it: new_ip and new_profile are published
        self.set_evidence(stranger, Detector::found(msg));
        self.publish("my_channel", "mine");
    };
    host.send<slips::NewFlow>(to("192.168.1.18"));
    REQUIRE(host.published().size() == 1);
    CHECK(host.published()[0].channel == "my_channel");
    CHECK(host.published()[0].text ==
          std::string(R"({"text": "mine", "version": ")") + slips::tested_slips_version + "\"}");
}

TEST_CASE("a database error is an error of the handler, and fails the test") {
    Harness<Detector> host;
    host.module().on_flow = [](Detector& self, const slips::NewFlow&) {
        self.database().get(slips::query::profiles());
    };
    host.start();
    host.redis().instead = [](const slips::testing::Words& words) {
        return words[0] == "ZRANGE" ? std::optional(slips::Answer::error("LOADING Redis is loading")) : std::nullopt;
    };
    CHECK(failure_of([&] {
              host.send<slips::NewFlow>(to("192.168.1.18"));
          }).find("on(new_flow) threw: database: ZRANGE profiles: LOADING Redis is loading") != std::string::npos);
}

TEST_CASE("golden files contain times on request") {
    for (const auto generation : {slips::Generation::current, slips::Generation::legacy}) {
        CAPTURE(generation == slips::Generation::legacy);
        const auto played = [&](double time, bool with_times) {
            auto host =
                std::make_unique<Harness<Detector>>(Settings{.generation = generation, .golden_times = with_times});
            slips::Conn flow = to("192.168.1.1");
            flow.starttime = time;
            host->send<slips::NewFlow>(flow);
            return host;
        };
        const TemporaryFile file;
        file.write(
            slips::testing::normalised({std::string(played(1700000000, true)->evidence().front().payload.view())}, true)
                .front() +
            "\n");
        CHECK(file.text().find("<time>") == std::string::npos);
        CHECK(file.text().find("<id 1>") != std::string::npos);
        played(1700000000, true)->expect_golden(file.path);
        const std::string differs = failure_of([&] { played(1700000060, true)->expect_golden(file.path); });
        CHECK_MESSAGE(differs.find(generation == slips::Generation::current ? "timestamp: expected"
                                                                            : "stime: expected") != std::string::npos,
                      differs);
    }
}

TEST_CASE("golden files are compared without ids and times") {
    const TemporaryFile file;
    const auto played = [](const std::vector<std::string>& peers) {
        auto host = std::make_unique<Harness<Detector>>();
        for (const std::string& peer : peers) host->send<slips::NewFlow>(to(peer));
        return host;
    };
    const auto lines = [&](const std::vector<std::string>& peers) {
        std::vector<std::string> texts;
        const auto host = played(peers);
        for (const auto& one : host->evidence()) texts.emplace_back(one.payload.view());
        return slips::testing::normalised(texts);
    };
    const auto expected = lines({"192.168.1.1", "192.168.1.2", "192.168.1.3"});
    CHECK(expected == lines({"192.168.1.1", "192.168.1.2", "192.168.1.3"}));  // ids and times are ignored
    CHECK(expected.front().find(R"("timestamp":"<time>")") != std::string::npos);
    CHECK(expected[1].find(R"("id":"<id 2>")") != std::string::npos);
    CHECK(failure_of([&] { played({})->expect_golden(file.path); }).find("SLIPS_UPDATE_GOLDEN=1") != std::string::npos);

    for (const std::string& line : expected) file.write(file.text() + line + "\n");
    played({"192.168.1.1", "192.168.1.2", "192.168.1.3"})->expect_golden(file.path);
    const std::string differs = failure_of([&] {
        played({"192.168.1.1", "192.168.1.9", "192.168.1.3"})->expect_golden(file.path);
    });
    CHECK(differs.find(
              "line 2 differs:\n    description: expected \"a connection to the local device 192.168.1.2\", found "
              "\"a connection to the local device 192.168.1.9\"\n    victim/value: expected") != std::string::npos);
    CHECK(differs.find("line 1") == std::string::npos);
    CHECK(differs.find("line 3") == std::string::npos);
    CHECK(failure_of([&] {
              played({"192.168.1.1", "192.168.1.2"})->expect_golden(file.path);
          }).find("line 3 did not come") != std::string::npos);
    CHECK(failure_of([&] {
              played({"192.168.1.1", "192.168.1.2", "192.168.1.3", "192.168.1.4"})->expect_golden(file.path);
          }).find("after line 3 came:\n    {") != std::string::npos);
}
