#include "faults.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <thread>
#include <utility>

namespace integration {

int cut(Client& client, const std::string& mark) {
    int cut = 0;
    const std::string list = client.text({"CLIENT", "LIST"});
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = list.find('\n', begin);
        const std::string line = list.substr(begin, end - begin);
        begin = end + 1;
        if (line.find(mark) == std::string::npos || line.find(" cmd=client") != std::string::npos) continue;
        const std::size_t id = line.find("id=") + 3;
        if (client.integer({"CLIENT", "KILL", "ID", line.substr(id, line.find(' ', id) - id)}) == 1) ++cut;
    }
    return cut;
}

namespace {

/// A module under fire, and what it was told and did.
class Siege {
public:
    explicit Siege(Slips generation)
        : slips_({.slips = generation, .servers = {.append_only = true}}), chance_(generation == Slips::legacy ? 2 : 1) {
        for (int window = 1; window <= windows; ++window) slips_.know({.window = window});
        listen();
    }

    /// `kills`: of the main server, too, around which nobody else can hear what is published.
    void run(int faults, bool kills) {
        auto module = slips_.start_hearing("detector", {"--stop-timeout", "15"});
        using Fault = bool (Siege::*)();
        // a killed server costs a hundred times what a cut connection does
        std::vector<std::pair<const char*, Fault>> deck{
            {"commands cut", &Siege::commands_cut},         {"commands cut", &Siege::commands_cut},
            {"commands cut", &Siege::commands_cut},         {"subscription cut", &Siege::subscription_cut},
            {"subscription cut", &Siege::subscription_cut}, {"cache cut", &Siege::cache_cut},
            {"out of memory", &Siege::out_of_memory},       {"too few replicas", &Siege::too_few_replicas},
            {"a replica", &Siege::a_replica},               {"server stopped", &Siege::server_stopped},
            {"cache killed", &Siege::cache_killed}};
        if (kills) deck = {{"server killed", &Siege::server_killed}, {"server killed", &Siege::server_killed}, deck[0], deck[3], deck[6]};
        std::map<std::string, int> done;
        for (int hits = 0; hits < faults;) {
            REQUIRE(module.runs());
            publish();
            const auto& [kind, fault] = deck[pick(deck.size())];
            const bool hit = (this->*fault)();
            publish();
            if (!hit) continue;  // it was not connected at that moment: no fault
            ++hits;
            ++done[kind];
        }
        REQUIRE(slips_.wait_for_listener("new_flow"));
        publish();
        CHECK(stop(module) == 0);
        hear();
        check(done, kills);
    }

private:
    static constexpr int windows = 5;

    std::size_t pick(std::size_t end) { return static_cast<std::size_t>(chance_() % end); }

    /// Up to ten flows, each with a peer of its own.
    void publish() {
        std::vector<Words> words;
        for (std::size_t count = 1 + pick(10); count > 0; --count, ++sent_)
            words.push_back({"PUBLISH", "new_flow",
                             slips_.payload({.uid = "C" + std::to_string(sent_),
                                             .daddr = "10." + std::to_string(sent_ / 62500) + "." +
                                                      std::to_string(sent_ / 250 % 250) + "." + std::to_string(sent_ % 250),
                                             .window = 1 + static_cast<int>(pick(windows))})});
        slips_.db.commands(words);
    }

    /// Whether there was a connection to cut: sometimes it is waited for, sometimes the module is met while it connects.
    bool cut_one(Client& client, const std::string& mark) {
        if (pick(4) != 0) REQUIRE(eventually([&] { return client.text({"CLIENT", "LIST"}).find(mark) != std::string::npos; }));
        publish();
        return cut(client, mark) > 0;
    }
    bool commands_cut() { return cut_one(slips_.db, " name=detector "); }
    bool subscription_cut() { return cut_one(slips_.db, " sub=2 "); }
    bool cache_cut() { return cut(slips_.cache_db, "") > 0; }
    bool out_of_memory() { return for_a_while({"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}); }
    bool too_few_replicas() {
        return for_a_while({"CONFIG", "SET", "min-replicas-to-write", "1"}, {"CONFIG", "SET", "min-replicas-to-write", "0"});
    }
    /// Of a server that is not there: it answers, and takes no writes.
    bool a_replica() { return for_a_while({"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}); }
    /// Whether the module tried to write meanwhile.
    bool for_a_while(const Words& begin, const Words& end) {
        slips_.db.command(begin);
        const long long before = transactions();
        publish();
        const bool tried = eventually([&] { return transactions() > before; }, 2s);
        slips_.db.command(end);
        return tried;
    }
    /// How often EXEC was said to the server.
    long long transactions() {
        const std::string info = slips_.db.text({"INFO", "commandstats"});
        const std::size_t at = info.find("cmdstat_exec:calls=");
        return at == std::string::npos ? 0 : std::stoll(info.substr(at + 19));
    }
    bool server_stopped() {
        slips_.main.pause();
        std::this_thread::sleep_for(std::chrono::milliseconds(1 + pick(30)));  // the time it stands is the fault
        slips_.main.go_on();
        return true;
    }
    bool server_killed() {
        hear();
        alerts_.reset();
        slips_.restart_main();
        listen();
        return true;
    }
    bool cache_killed() {
        slips_.cache.kill();
        publish();
        slips_.cache.start();
        slips_.cache_db = slips_.cache.client();
        slips_.cache_db.command({"SELECT", "1"});
        return true;
    }

    void listen() {
        alerts_ = std::make_unique<Subscriber>(slips_.main.socket(), "evidence_added");
        taken_ = 0;
    }
    /// All that was published until now: up to a mark of our own.
    void hear() {
        slips_.publish("evidence_added", "the end");
        for (;;) {
            const auto& all = alerts_->wait_for(taken_ + 1);
            REQUIRE(all.size() > taken_);
            const std::string& text = all[taken_++];
            if (text == "the end") return;
            const Json evidence = Json::parse(text);
            ++heard_[evidence[evidence.contains("ID") ? "ID" : "id"].get<std::string>()];
        }
    }

    void check(const std::map<std::string, int>& done, bool kills) {
        std::string list;
        int sum = 0;
        for (const auto& [kind, times] : done) {
            list += (list.empty() ? "" : ", ") + std::to_string(times) + " " + kind;
            sum += times;
        }
        const Json stats = slips_.stats();
        CAPTURE(stats.dump());
        const auto number = [&](const char* part, const char* name) { return stats[part][name].get<std::size_t>(); };
        const std::size_t accepted = number("evidence", "accepted");
        MESSAGE(sum << " faults (" << list << "): " << sent_ << " flows sent, " << number("messages", "handled") << " handled, "
                    << accepted << " evidence accepted, " << number("evidence", "acknowledged") << " acknowledged, "
                    << slips_.stored() << " stored, " << heard_.size() << " heard");
        CHECK(accepted > sent_ / 10);
        CHECK(number("messages", "handled") == number("messages", "received"));
        CHECK(number("messages", "handled") == accepted);
        CHECK(number("evidence", "acknowledged") == accepted);
        CHECK(number("evidence", "lost") == 0);
        CHECK(number("evidence", "refused") == 0);
        CHECK(slips_.stored() == accepted);
        if (const std::string counted = slips_.db.text({"GET", "number_of_evidence"}); !counted.empty())
            CHECK(counted == std::to_string(accepted));
        CHECK(number("evidence", "published") == accepted);
        if (!kills) CHECK(number("redis", "error_replies") > 0);
        if (kills) CHECK(heard_.size() > accepted / 2);
        else CHECK(heard_.size() == accepted);
        for (const auto& heard : heard_) CHECK_MESSAGE(heard.second == 1, heard.first);
    }

    Host slips_;
    std::mt19937 chance_;
    std::size_t sent_ = 0;
    std::unique_ptr<Subscriber> alerts_{};
    std::size_t taken_ = 0;  ///< of what it heard
    std::map<std::string, int> heard_{};  ///< ids, and how often
};

}  // namespace

void endure(Slips generation, int faults, bool kills) { Siege(generation).run(faults, kills); }

}  // namespace integration
