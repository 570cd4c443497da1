// From channels to handlers, and the calls that a module may make.
#include "slips/detail/dispatcher.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "messages.hpp"
#include "session_driver.hpp"
#include "slips/impl/session/session.hpp"

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using slips::detail::Dispatcher;
using slips::wire::DecodeError;
using slips_test::current_flow;

namespace {

struct Typed : slips::Module<Typed> {
    static constexpr slips::ModuleInfo info{.name = "typed"};
    std::vector<std::string> seen{};
    void on(const slips::TwClosed& msg) { seen.push_back("closed " + msg.twid); }
    void on(const slips::NewFlow& msg) { seen.push_back("flow " + msg.flow.uid); }
    void on_gap(const slips::Gap& gap) override { seen.push_back("gap " + gap.reason); }
    using ModuleBase::every;
    using ModuleBase::generation;
    using ModuleBase::output_dir;
    using ModuleBase::print;
    using ModuleBase::set_evidence;
    using ModuleBase::subscribe;
};

struct Mixed : slips::Module<Mixed> {
    static constexpr slips::ModuleInfo info{.name = "mixed"};
    std::vector<std::string> seen{};
    Names wanted{};
    bool init() override {
        for (const std::string& name : wanted) subscribe(name);
        return true;
    }
    void on(const slips::NewFlow& msg) { seen.push_back("flow " + msg.flow.uid); }
    void on(const slips::RawMessage& msg) { seen.push_back(msg.channel + " " + std::string(msg.text())); }
};

/// Subscribes to messages with a name in each generation, one of which is the name of two messages.
struct TwoNames : slips::Module<TwoNames> {
    static constexpr slips::ModuleInfo info{.name = "names"};
    std::vector<std::string> seen{};
    void on(const slips::NewDns& msg) { seen.push_back("dns " + msg.flow.query); }
    void on(const slips::NewDomain& msg) { seen.push_back("domain " + msg.domain); }
};
struct DnsOnly : slips::Module<DnsOnly> {
    static constexpr slips::ModuleInfo info{.name = "dns_only"};
    std::vector<std::string> seen{};
    void on(const slips::NewDns& msg) { seen.push_back("dns " + msg.flow.query); }
};

struct Throwing : slips::Module<Throwing> {
    static constexpr slips::ModuleInfo info{.name = "throwing"};
    void on(const slips::NewFlow&) { throw std::runtime_error("no"); }
};

/// A module that may subscribe: attached to a session that does nothing.
template <class M>
struct Attached {
    M module{};
    Dispatcher<M> dispatcher{module};
    slips::Session session{{}, dispatcher, [](std::string_view) {}};
    Attached() { module.attach(&session); }
};

struct Silent : slips::Module<Silent> {
    static constexpr slips::ModuleInfo info{.name = "silent"};
    bool init() override { return true; }
    void On(const slips::NewFlow&) {}  // misspelt
};

}  // namespace

TEST_CASE("a handler subscribes to its channel") {
    Typed module;
    Dispatcher<Typed> dispatcher(module);
    CHECK(dispatcher.channels() == Names{"new_flow", "tw_closed"});
    CHECK(dispatcher.problem(false).empty());
    DecodeError error;
    const std::string payload = current_flow("C7");
    const auto received = dispatcher.decode(0, payload, error);
    REQUIRE(received);
    CHECK(received->version == "1.1.21");
    CHECK(received->uid == "C7");
    CHECK_FALSE(received->surely_legacy);
    dispatcher.handle(0);
    REQUIRE(dispatcher.decode(1, "profile_10.0.0.1_timewindow4", error));
    CHECK(dispatcher.decode(1, "profile_10.0.0.1_timewindow4", error)->surely_legacy);
    dispatcher.handle(1);
    dispatcher.on_gap({.reason = "away"});
    CHECK(module.seen == Names{"flow C7", "closed timewindow4", "gap away"});
    CHECK_FALSE(dispatcher.decode(1, "nonsense", error));
    CHECK(error.what == "the text is not profile_<ip>_timewindow<N>");
}

TEST_CASE("a message with a channel in each generation is received from both") {
    const std::string current =
        R"({"profileid": "p", "twid": "t", "flow": {"query": "a", "uid": "C1"}, "version": "1.1.21"})";
    const std::string legacy = R"({"profileid": "p", "twid": "t", "flow": "{\"query\": \"b\"}"})";
    DecodeError error;
    TwoNames module;
    Dispatcher<TwoNames> dispatcher(module);
    CHECK(dispatcher.channels() == Names{"new_dns", "new_dns_flow"});
    const auto push = [&](std::size_t channel, const std::string& payload) {
        const auto received = dispatcher.decode(channel, payload, error);
        REQUIRE(received);
        CHECK_FALSE(received->is_other_generations);
        dispatcher.handle(channel);
    };
    push(0, current);
    push(0, "c.example.org");
    push(1, legacy);
    CHECK(module.seen == Names{"dns a", "domain c.example.org", "dns b"});

    DnsOnly other;
    Dispatcher<DnsOnly> other_generation(other);
    CHECK(other_generation.channels() == Names{"new_dns", "new_dns_flow"});
    const auto received = other_generation.decode(0, "c.example.org", error);
    REQUIRE(received);
    CHECK(received->is_other_generations);  // legacy's, which is a different message
    CHECK(received->surely_legacy);
    REQUIRE(other_generation.decode(0, current, error));
    other_generation.handle(0);
    REQUIRE(other_generation.decode(1, legacy, error));
    other_generation.handle(1);
    CHECK(other.seen == Names{"dns a", "dns b"});
}

TEST_CASE("named channels go to RawMessage, typed ones to their own handler, each once") {
    Attached<Mixed> with;
    with.module.wanted = {"new_dns", "new_flow", "my_channel", "new_dns"};
    with.module.init();
    CHECK(with.dispatcher.channels() == Names{"new_flow", "new_dns", "my_channel"});
    CHECK(with.dispatcher.problem(false).empty());
    DecodeError error;
    const std::string dns = R"({"flow": {"uid": "C1"}, "version": "1.1.20"})";
    auto received = with.dispatcher.decode(1, dns, error);
    REQUIRE(received);
    CHECK(received->uid == "C1");
    CHECK(received->version == "1.1.20");
    with.dispatcher.handle(1);
    received = with.dispatcher.decode(2, "any text", error);
    REQUIRE(received);
    CHECK(received->version.empty());
    CHECK_FALSE(received->surely_legacy);
    with.dispatcher.handle(2);
    REQUIRE(with.dispatcher.decode(0, current_flow("C2"), error));
    with.dispatcher.handle(0);
    CHECK(with.module.seen == Names{"new_dns " + dns, "my_channel any text", "flow C2"});
}

TEST_CASE("a subscription without a handler, and a handler without a subscription, are reported") {
    Attached<Typed> without_handler;
    without_handler.module.subscribe("new_dns");
    CHECK(without_handler.dispatcher.problem(false) ==
          R"(subscribe("new_dns") has no handler; write `void on(const slips::RawMessage& msg)`)");
    Attached<Mixed> nothing;
    CHECK(nothing.dispatcher.problem(false) ==
          "on(const slips::RawMessage&) has no channel; name a channel with subscribe() in init()");
    nothing.module.wanted = {"new_flow"};  // has its own handler
    nothing.module.init();
    CHECK(nothing.dispatcher.problem(false).starts_with(
        "new_flow is passed to a handler of its own, so on(const slips::RawMessage&) has no channel"));
    Attached<Typed> typed;
    typed.module.subscribe("new_flow");
    CHECK(typed.dispatcher.problem(false).empty());
}

TEST_CASE("a module without any handler is reported, unless it has a timer") {
    Attached<Silent> silent;
    CHECK(silent.dispatcher.problem(false).starts_with("the module subscribes to nothing and has no timer"));
    CHECK(silent.dispatcher.problem(true).empty());
}

TEST_CASE("module functions called in a constructor throw an error that says so") {
    Typed module;
    const auto sentence = [](const std::string& call) {
        return "slips: " + call +
               " was called in the constructor, where a module is not connected yet; call it in init()";
    };
    CHECK_THROWS_WITH_AS(module.print("x"), sentence("print()").c_str(), std::logic_error);
    CHECK_THROWS_WITH_AS(module.subscribe("x"), sentence("subscribe()").c_str(), std::logic_error);
    CHECK_THROWS_WITH_AS(module.every(1s, [] {}), sentence("every()").c_str(), std::logic_error);
    CHECK_THROWS_WITH_AS(module.post([] {}), sentence("post()").c_str(), std::logic_error);
    CHECK_THROWS_WITH_AS(module.output_dir(), sentence("output_dir()").c_str(), std::logic_error);
    CHECK_THROWS_WITH_AS(module.generation(), sentence("generation()").c_str(), std::logic_error);
    CHECK_FALSE(module.set_evidence({}, slips_test::local_connection()));  // never throws
}

TEST_CASE("subscribe() refuses an empty name") {
    Attached<Typed> typed;
    CHECK_THROWS_WITH_AS(typed.module.subscribe(""), "slips: subscribe() needs the name of a channel",
                         std::invalid_argument);
    CHECK(typed.module.subscribed().empty());
}

TEST_CASE("a handler receives the objects of a channel whose text it does not receive") {
    Attached<DnsOnly> dns;
    CHECK(dns.dispatcher.has_handler("new_dns", true));
    CHECK_FALSE(dns.dispatcher.has_handler("new_dns", false));  // up to 1.0.4 a NewDomain
    Attached<Typed> typed;
    CHECK(typed.dispatcher.has_handler("new_flow", false));
}

TEST_CASE("calls that come too late or make no sense throw an error that names the remedy") {
    Attached<Typed> with;
    with.module.host_of_module().subscribed = true;
    CHECK_THROWS_WITH_AS(with.module.subscribe("x"), "slips: subscribe() comes too late here; call it in init()",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(with.module.every(0s, [] {}), "slips: every() needs an interval longer than nothing",
                         std::invalid_argument);
    CHECK_THROWS_AS(with.module.every(-1s, [] {}), std::invalid_argument);
}

TEST_CASE("hooks and messages are known at compile time, in order of use") {
    using slips::detail::HandledMessages;
    CHECK(std::is_same_v<HandledMessages<Typed>, std::tuple<slips::NewFlow, slips::TwClosed>>);
    CHECK(std::is_same_v<HandledMessages<Mixed>, std::tuple<slips::NewFlow>>);
    CHECK(slips::detail::handles<Mixed, slips::RawMessage>);
    CHECK_FALSE(slips::detail::handles<Typed, slips::RawMessage>);
    const auto [typed_hooks, typed_count] = slips::detail::hooks_of<Typed>();
    CHECK(typed_count == 1);
    CHECK(typed_hooks[0] == "on_gap");
    const auto [mixed_hooks, mixed_count] = slips::detail::hooks_of<Mixed>();
    CHECK(mixed_count == 1);
    CHECK(mixed_hooks[0] == "init");
}

TEST_CASE("an exception of a handler reaches the session") {
    Throwing module;
    Dispatcher<Throwing> dispatcher(module);
    DecodeError error;
    REQUIRE(dispatcher.decode(0, current_flow(), error));
    CHECK_THROWS_AS(dispatcher.handle(0), std::runtime_error);
}
