// State per time window: which windows are kept, when they end, and what happens when there are too many.
#include "slips/per_window.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "slips/slips.hpp"
#include "slips/testing.hpp"

using slips::Generation;
using slips::testing::Harness;
using slips::testing::Settings;
using Names = std::vector<std::string>;

namespace {

constexpr Generation generations[] = {Generation::current, Generation::legacy};

slips::TwClosed closing(const std::string& profileid, const std::string& twid) {
    slips::TwClosed message;
    message.profileid = profileid;
    message.twid = twid;
    return message;
}

slips::Context window(const std::string& profileid, const std::string& twid = "timewindow1") {
    slips::Context context;
    context.profileid = profileid;
    context.twid = twid;
    return context;
}

struct Counts {
    int flows = 0;
};

/// Has no handler for tw_closed.
struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{.name = "counter"};
    void on(const slips::NewFlow& msg) { ++counts[msg].flows; }
    slips::PerWindow<Counts> counts{*this};
};

/// Reads a window when it ends, and gives it up by an exception for one of them.
struct Reporter : slips::Module<Reporter> {
    static constexpr slips::ModuleInfo info{.name = "reporter"};
    void on(const slips::NewFlow& msg) {
        ++counts[msg].flows;
        totals[msg] += 10;
    }
    void on(const slips::TwClosed& msg) {
        if (msg.twid == "timewindow9") throw std::runtime_error("no");
        const Counts* const known = counts.find(msg);
        seen.push_back(msg.profileid + " " + msg.twid + " " + (known ? std::to_string(known->flows) : "none"));
    }
    Names seen{};
    slips::PerWindow<Counts> counts{*this};
    slips::PerWindow<int> totals{*this};
};

/// Subscribes to tw_closed without its type, too.
struct Raw : slips::Module<Raw> {
    static constexpr slips::ModuleInfo info{.name = "raw"};
    bool init() override {
        for (const std::string& name : wanted) subscribe(name);
        return true;
    }
    void on(const slips::NewFlow& msg) { ++counts[msg].flows; }
    void on(const slips::RawMessage& msg) {
        seen.push_back(msg.channel + " " + std::string(msg.text()) + " " + std::to_string(counts.size()));
    }
    Names wanted{"other", "tw_closed", "another"};
    Names seen{};
    slips::PerWindow<Counts> counts{*this};
};

struct OnlyRaw : slips::Module<OnlyRaw> {
    static constexpr slips::ModuleInfo info{.name = "only_raw"};
    void on(const slips::RawMessage&) {}
    slips::PerWindow<int> counts{*this};
};

/// Keeps three windows, and a total of them all.
struct Small : slips::Module<Small> {
    static constexpr slips::ModuleInfo info{.name = "small"};
    void on(const slips::NewFlow& msg) {
        ++counts[msg];
        ++total;
    }
    int total = 0;
    Names removed{};
    slips::PerWindow<int> counts{*this, 3, [this](const slips::WindowId& id, int& count) {
                                     removed.push_back(id.profileid + " " + id.twid);
                                     total -= count;
                                 }};
};

struct Late : slips::Module<Late> {
    static constexpr slips::ModuleInfo info{.name = "late"};
    void on(const slips::NewFlow&) { counts = std::make_unique<slips::PerWindow<int>>(*this); }
    std::unique_ptr<slips::PerWindow<int>> counts{};
};

/// A module without a session: enough for what a PerWindow does by itself.
struct Alone : slips::Module<Alone> {};

Names profiles_of(const slips::PerWindow<int>& counts) {
    Names names;
    for (const auto& [id, count] : counts) names.push_back(id.profileid);
    return names;
}

template <class M>
void flow(Harness<M>& host, const std::string& saddr) {
    host.template send<slips::NewFlow>({.saddr = saddr, .daddr = "192.0.2.1"});
}

}  // namespace

static_assert(slips::NamesWindow<slips::NewFlow> && slips::NamesWindow<slips::NewSoftware>);
static_assert(slips::NamesWindow<slips::TwClosed> && slips::NamesWindow<slips::EvidenceAdded>);
static_assert(slips::NamesWindow<slips::NewAlert> && slips::NamesWindow<slips::Context>);
static_assert(!slips::NamesWindow<slips::NewIp> && !slips::NamesWindow<slips::NewMac>);
static_assert(!std::is_copy_constructible_v<slips::PerWindow<int>> &&
              !std::is_move_constructible_v<slips::PerWindow<int>>);

TEST_CASE("PerWindow: a window is removed when Slips closes it, though the module has no handler for that") {
    for (const Generation generation : generations) {
        CAPTURE(to_string(generation));
        Harness<Counter> host(generation);
        for (int i = 0; i < 3; ++i) flow(host, "10.0.0.1");
        flow(host, "10.0.0.2");
        auto& counts = host.module().counts;
        REQUIRE(counts.size() == 2);
        REQUIRE(counts.find("profile_10.0.0.1", "timewindow1"));
        CHECK(counts.find("profile_10.0.0.1", "timewindow1")->flows == 3);
        host.send(closing("profile_10.0.0.1", "timewindow2"));
        CHECK(counts.size() == 2);
        host.send(closing("profile_10.0.0.1", "timewindow1"));
        CHECK(counts.size() == 1);
        CHECK_FALSE(counts.find("profile_10.0.0.1", "timewindow1"));
        CHECK(counts.find("profile_10.0.0.2", "timewindow1"));
        CHECK(counts.dropped() == 0);
        flow(host, "10.0.0.1");  // a late flow: from the beginning
        CHECK(counts.find("profile_10.0.0.1", "timewindow1")->flows == 1);
        host.stop();
    }
}

TEST_CASE("PerWindow: the handler of tw_closed reads the window before it is removed, even if the handler throws") {
    for (const Generation generation : generations) {
        CAPTURE(to_string(generation));
        Harness<Reporter> host(Settings{.generation = generation, .strict = false});
        slips::NewFlow message;
        message.flow.saddr = "10.0.0.1";
        message.flow.daddr = "192.0.2.1";
        for (const char* twid : {"timewindow1", "timewindow1", "timewindow9"}) {
            message.twid = twid;
            host.send(message);
        }
        for (const char* twid : {"timewindow1", "timewindow9", "timewindow5"})
            host.send(closing("profile_10.0.0.1", twid));
        CHECK(host.module().seen == Names{"profile_10.0.0.1 timewindow1 2", "profile_10.0.0.1 timewindow5 none"});
        CHECK(host.module().counts.empty());
        CHECK(host.module().totals.empty());
        CHECK(host.complaints().size() == 1);
        host.stop();
    }
}

TEST_CASE("PerWindow: a profile without an address, one of IPv6, and messages with blanks, as Slips publishes them") {
    Harness<Counter> host;
    auto& counts = host.module().counts;
    for (const std::string profileid : {"profile_", "profile_2001:db8::1", "profile_10.0.0.1"}) {
        slips::NewFlow message;
        message.profileid = profileid;
        message.flow.saddr = "10.0.0.1";
        message.flow.daddr = "192.0.2.1";
        host.send(message);
    }
    CHECK(counts.size() == 3);
    host.send("tw_closed",
              R"({"text": "profile__timewindow1", "version": ")" + std::string(slips::tested_slips_version) + "\"}");
    CHECK_FALSE(counts.find("profile_", "timewindow1"));
    CHECK(counts.size() == 2);
    host.send(closing("profile_2001:db8::1", "timewindow1"));
    CHECK(counts.size() == 1);
    host.stop();

    Harness<Counter> legacy(Generation::legacy);
    legacy.start();
    legacy.module().counts[window("profile_")].flows = 1;
    legacy.send("tw_closed", "profile__timewindow1");
    CHECK(legacy.module().counts.empty());
}

TEST_CASE("PerWindow: subscribe(\"tw_closed\") still receives the text, and other channels are not mixed up") {
    for (const Generation generation : generations) {
        CAPTURE(to_string(generation));
        Harness<Raw> host(generation);
        flow(host, "10.0.0.1");
        const bool is_current = generation == Generation::current;
        const std::string text =
            is_current ? R"({"version": ")" + std::string(slips::tested_slips_version) + "\"}" : "text";
        host.send("another", text);
        host.send(closing("profile_10.0.0.1", "timewindow1"));
        host.send("other", text);
        const Names& seen = host.module().seen;
        REQUIRE(seen.size() == 3);
        CHECK(seen[0] == "another " + text + " 1");
        CHECK(seen[1].starts_with("tw_closed "));
        CHECK(seen[1].ends_with(" 1"));  // not removed yet
        CHECK(seen[2] == "other " + text + " 0");
        host.stop();
    }
    Harness<OnlyRaw> nothing_named;
    CHECK_THROWS_WITH_AS(nothing_named.start(), doctest::Contains("on(const slips::RawMessage&) has no channel"),
                         slips::testing::Failure);
}

TEST_CASE("PerWindow: subscribe(\"tw_closed\") receives also what is no end of a window") {
    for (const Generation generation : generations) {
        CAPTURE(to_string(generation));
        Harness<Raw> host(generation);
        flow(host, "10.0.0.1");
        const bool is_current = generation == Generation::current;
        const std::string text =
            is_current ? R"({"odd": 1, "version": ")" + std::string(slips::tested_slips_version) + "\"}" : "odd";
        host.send("tw_closed", text);
        CHECK(host.module().seen == Names{"tw_closed " + text + " 1"});
        CHECK(host.module().counts.size() == 1);
        host.send(closing("profile_10.0.0.1", "timewindow1"));
        CHECK(host.module().seen.size() == 2);
        CHECK(host.module().counts.empty());
        host.stop();
    }
}

TEST_CASE("PerWindow: the window that was not used for the longest time is dropped, and counted") {
    Harness<Small> host;
    auto& module = host.module();
    for (const char* saddr : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.4"}) flow(host, saddr);
    CHECK(profiles_of(module.counts) == Names{"profile_10.0.0.4", "profile_10.0.0.1", "profile_10.0.0.3"});
    CHECK(module.removed == Names{"profile_10.0.0.2 timewindow1"});
    CHECK(module.counts.dropped() == 1);
    CHECK(module.total == 4);
    host.send(closing("profile_10.0.0.1", "timewindow1"));
    CHECK(module.removed.size() == 2);
    CHECK(module.total == 2);
    CHECK(module.counts.dropped() == 1);
    flow(host, "10.0.0.5");  // the closed window has left room
    CHECK(module.counts.dropped() == 1);
    CHECK(module.counts.size() == 3);
    CHECK(module.total == 3);
    host.stop();
}

TEST_CASE("PerWindow: windows whose end was missed stay within the limit") {
    Harness<Small> host;
    for (int i = 0; i < 50; ++i) {
        slips::NewFlow message;
        message.flow.saddr = "10.0.0.1";
        message.flow.daddr = "192.0.2.1";
        message.twid = "timewindow" + std::to_string(i);
        host.send(message);
        if (i % 10 == 0) host.miss(std::chrono::milliseconds(10));
    }
    CHECK(host.module().counts.size() == 3);
    CHECK(host.module().counts.dropped() == 47);
    CHECK(host.module().total == 3);
    host.stop();
}

TEST_CASE("PerWindow: find, extract, erase, drop_oldest, clear") {
    Alone module;
    std::vector<int> removed;
    slips::PerWindow<int> counts(module, 4, [&](const slips::WindowId&, int& value) { removed.push_back(value); });
    CHECK(counts.most() == 4);
    CHECK(counts.empty());
    CHECK_FALSE(counts.drop_oldest());
    CHECK_FALSE(counts.extract(window("a")));
    CHECK_FALSE(counts.erase(window("a")));
    int& first = counts[window("a")] = 1;
    counts[window("b")] = 2;
    counts[window("c")] = 3;
    counts[window("c", "timewindow2")] = 4;
    CHECK(&first == &counts[window("a")]);  // others have not moved it
    CHECK(counts.find(window("b")) != nullptr);
    CHECK(profiles_of(counts) == Names{"b", "a", "c", "c"});
    const auto& unchanged = counts;
    CHECK(*unchanged.find(window("c")) == 3);
    CHECK(*unchanged.find("c", "timewindow2") == 4);
    CHECK(unchanged.find("c", "timewindow3") == nullptr);
    CHECK(profiles_of(counts) == Names{"b", "a", "c", "c"});  // reading is no use there
    CHECK(counts.extract(window("a")) == 1);
    CHECK(removed.empty());
    CHECK(counts.drop_oldest());
    CHECK(removed == std::vector<int>{3});
    CHECK(counts.dropped() == 1);
    CHECK(counts.erase(window("b")));
    CHECK(removed == std::vector<int>{3, 2});
    counts.clear();
    CHECK(removed == std::vector<int>{3, 2, 4});
    CHECK(counts.dropped() == 1);
    CHECK(counts.empty());
    slips::PerWindow<int> one(module, 0);
    one[window("a")] = 1;
    one[window("b")] = 2;
    CHECK(profiles_of(one) == Names{"b"});
}

TEST_CASE("PerWindow: keeps what cannot be moved, and extracts what can only be moved") {
    Alone module;
    struct Fixed {
        Fixed() = default;
        Fixed(const Fixed&) = delete;
        Fixed& operator=(const Fixed&) = delete;
        int value = 7;
    };
    slips::PerWindow<Fixed> fixed(module);
    CHECK(fixed[window("a")].value == 7);
    slips::PerWindow<std::unique_ptr<int>> owned(module);
    owned[window("a")] = std::make_unique<int>(5);
    const auto taken = owned.extract(window("a"));
    REQUIRE(taken);
    CHECK(**taken == 5);
}

TEST_CASE("PerWindow: the callback may use the container, and a message without profileid counts for its source") {
    Alone module;
    slips::PerWindow<int>* self = nullptr;
    slips::PerWindow<int> counts(module, 2, [&](const slips::WindowId& id, int&) {
        if (id.profileid == "a") self->erase(window("b"));
    });
    self = &counts;
    for (const char* name : {"a", "b", "c"}) counts[window(name)] = 1;
    CHECK(profiles_of(counts) == Names{"c"});

    slips::NewSoftware message;
    message.flow.saddr = "10.0.0.1";
    message.twid = "timewindow1";
    counts[message] = 5;
    CHECK(*counts.find("profile_10.0.0.1", "timewindow1") == 5);
    module.close_window("profile_10.0.0.1", "timewindow1");
    CHECK_FALSE(counts.find(message));
}

TEST_CASE("PerWindow: a callback that creates windows does not go on for ever, and the limit holds") {
    Alone module;
    slips::PerWindow<int>* self = nullptr;
    int calls = 0;
    slips::PerWindow<int> counts(module, 3, [&](const slips::WindowId& id, int&) {
        REQUIRE(++calls < 100);
        (*self)[window(id.profileid + "1")] = 1;
        (*self)[window(id.profileid + "2")] = 1;
    });
    self = &counts;
    for (const char* name : {"a", "b", "c", "d"}) counts[window(name)] = 1;
    CHECK(calls == 1);
    CHECK(counts.size() == 3);
    CHECK(counts.find("d", "timewindow1") != nullptr);
    CHECK(counts.dropped() == 3);
    counts.clear();
    CHECK(calls == 4);
    CHECK(counts.size() <= 3);

    // the window that the callback creates is the one that was asked for
    slips::PerWindow<int> same(module, 1, [&](const slips::WindowId&, int&) { (*self)[window("b")] = 5; });
    self = &same;
    same[window("a")] = 1;
    CHECK(same[window("b")] == 5);
    CHECK(profiles_of(same) == Names{"b"});
}

TEST_CASE("PerWindow: an exception of one callback leaves no window behind") {
    Alone module;
    const auto throws = [](const slips::WindowId&, int&) { throw std::runtime_error("no"); };
    slips::PerWindow<int> first(module, 3, throws);
    slips::PerWindow<int> second(module);
    for (const char* name : {"a", "b", "c"}) first[window(name)] = second[window(name)] = 1;
    CHECK_THROWS_WITH_AS(module.close_window("a", "timewindow1"), "no", std::runtime_error);
    CHECK(profiles_of(first) == Names{"c", "b"});
    CHECK(profiles_of(second) == Names{"c", "b"});
    first[window("d")] = 1;
    CHECK_THROWS_AS(first[window("e")], std::runtime_error);
    first[window("e")] = 1;
    CHECK(profiles_of(first) == Names{"e", "d", "c"});
    CHECK_THROWS_AS(first.clear(), std::runtime_error);
    CHECK(first.empty());
}

TEST_CASE("PerWindow: one that comes too late to subscribe is refused; one that is gone is not closed") {
    Harness<Late> host;
    CHECK_THROWS_WITH_AS(flow(host, "10.0.0.1"), doctest::Contains("make it a member of the module"),
                         slips::testing::Failure);
    Alone module;
    { slips::PerWindow<int> gone(module); }
    CHECK(module.keeps_windows());
    module.close_window("a", "timewindow1");
}

TEST_CASE("PerWindow: a million forged profiles stay within the limit") {
    Alone module;
    slips::PerWindow<int> counts(module, 1000);
    slips::Context context = window("");
    for (int i = 0; i < 1'000'000; ++i) {
        context.profileid = "profile_" + std::to_string(i);
        ++counts[context];
    }
    CHECK(counts.size() == 1000);
    CHECK(counts.dropped() == 999'000);
    CHECK(counts.find("profile_999999", "timewindow1"));
    CHECK_FALSE(counts.find("profile_998999", "timewindow1"));
}
