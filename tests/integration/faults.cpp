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

/// A module that is hit by faults, with the flows it got and the evidence it sent.
class FaultRun {
public:
    FaultRun(Slips generation, Fire fire, const std::string& release)
        : slips_({.slips = generation, .servers = {.append_only = true}, .release = release}), generation_(generation),
          fire_(fire), chance_(generation == Slips::legacy ? 2 : 1) {
        for (int window = 1; window <= windows; ++window) slips_.know({.window = window});
        slips_.know({.saddr = victim});
        listen();
    }

    void run(int faults) {
        auto module = slips_.start_hearing("detector", {"--stop-timeout", "15"});
        using Fault = bool (FaultRun::*)();
        // A killed server takes a hundred times as long as a cut connection.
        std::vector<std::pair<const char*, Fault>> deck{{"commands cut", &FaultRun::commands_cut},
                                                        {"commands cut", &FaultRun::commands_cut},
                                                        {"commands cut", &FaultRun::commands_cut},
                                                        {"subscription cut", &FaultRun::subscription_cut},
                                                        {"subscription cut", &FaultRun::subscription_cut},
                                                        {"cache cut", &FaultRun::cache_cut},
                                                        {"out of memory", &FaultRun::out_of_memory},
                                                        {"too few replicas", &FaultRun::too_few_replicas},
                                                        {"a replica", &FaultRun::a_replica},
                                                        {"server stopped", &FaultRun::server_stopped},
                                                        {"cache killed", &FaultRun::cache_killed}};
        if (fire_ == Fire::poison)
            deck = {deck[0],
                    deck[5],
                    {"key poisoned", &FaultRun::poisoned},
                    {"key poisoned", &FaultRun::poisoned},
                    {"key poisoned", &FaultRun::poisoned}};
        if (fire_ == Fire::kills)
            deck = {{"server killed", &FaultRun::server_killed},
                    {"server killed", &FaultRun::server_killed},
                    deck[0],
                    deck[3],
                    deck[6]};
        std::map<std::string, int> done;
        for (int hits = 0; hits < faults;) {
            REQUIRE(module.runs());
            publish();
            const auto& [kind, fault] = deck[pick(deck.size())];
            const bool hit = (this->*fault)();
            publish();
            if (!hit) continue;  // not connected at that moment: not a fault
            ++hits;
            ++done[kind];
        }
        REQUIRE(slips_.wait_for_listener("new_flow"));
        publish();
        CHECK(stop(module) == 0);
        read_alerts();
        check(done);
    }

private:
    static constexpr int windows = 5;
    static constexpr const char* victim = "192.168.1.66";  ///< whose keys are poisoned

    std::size_t pick(std::size_t end) { return static_cast<std::size_t>(chance_() % end); }

    /// Publishes up to ten flows, each with its own peer.
    void publish() {
        if (fire_ != Fire::beside) return publish_flows();
        write_around([this] { publish_flows(); });
        for (int i = 0; i < 10; ++i) write_around([] {});  // while the module writes
    }
    /// Writes an evidence of another module as Slips does: what is stored between its two commands is overwritten.
    template <class Between>
    void write_around(Between&& between) {
        const Flow flow{.window = 1 + static_cast<int>(pick(windows))};
        const Reply held = slips_.db.command({"HGET", flow.key(), "Evidence"});
        between();
        if (held.error()) return;
        const std::string id = "of another module " + std::to_string(theirs_.size());
        Json object = held.text.empty() ? Json::object() : Json::parse(held.text);
        object[id] = "{}";
        if (!slips_.db.command({"HSET", flow.key(), "Evidence", object.dump()}).error()) theirs_[id] = flow.window;
    }
    void publish_flows() {
        std::vector<Words> words;
        for (std::size_t count = 1 + pick(10); count > 0; --count, ++sent_) {
            Flow flow{.uid = "C" + std::to_string(sent_),
                      .daddr = "10." + std::to_string(sent_ / 62500) + "." + std::to_string(sent_ / 250 % 250) + "." +
                               std::to_string(sent_ % 250),
                      .window = 1 + static_cast<int>(pick(windows))};
            if (fire_ == Fire::poison && pick(5) == 0) flow.saddr = victim, flow.window = 1, ++sent_of_victim_;
            words.push_back({"PUBLISH", "new_flow", slips_.payload(flow)});
        }
        slips_.db.commands(words);
    }

    /// Returns whether there was a connection to cut. Sometimes waits for one, sometimes hits the module while it connects.
    bool cut_one(Client& client, const std::string& mark) {
        if (pick(4) != 0)
            REQUIRE(eventually([&] { return client.text({"CLIENT", "LIST"}).find(mark) != std::string::npos; }));
        publish();
        return cut(client, mark) > 0;
    }
    bool commands_cut() { return cut_one(slips_.db, " name=detector "); }
    bool subscription_cut() { return cut_one(slips_.db, " sub=2 "); }
    bool cache_cut() { return cut(slips_.cache_db, "") > 0; }
    bool out_of_memory() {
        return for_a_while({"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"});
    }
    bool too_few_replicas() {
        return for_a_while({"CONFIG", "SET", "min-replicas-to-write", "1"},
                           {"CONFIG", "SET", "min-replicas-to-write", "0"});
    }
    /// A replica of a server that does not exist: it answers, and accepts no writes.
    bool a_replica() { return for_a_while({"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}); }
    /// Returns whether the module tried to write meanwhile.
    bool for_a_while(const Words& begin, const Words& end) {
        slips_.db.command(begin);
        const long long before = transactions();
        publish();
        const bool tried = eventually([&] { return transactions() > before; }, 2s);
        slips_.db.command(end);
        return tried;
    }
    /// Returns how often the server got EXEC.
    long long transactions() {
        const std::string info = slips_.db.text({"INFO", "commandstats"});
        const std::size_t at = info.find("cmdstat_exec:calls=");
        return at == std::string::npos ? 0 : std::stoll(info.substr(at + 19));
    }
    /// Poisons a key until everything that does not need it is stored.
    bool poisoned() {
        const std::string of_victim = std::string("profile_") + victim;
        const std::vector<std::string> main =
            generation_ == Slips::legacy ? Words{of_victim + "_timewindow1", "tws" + of_victim, "evidence" + of_victim}
                                         : Words{of_victim + "_timewindow1_evidence",
                                                 of_victim,
                                                 "flows_causing_evidence",
                                                 "profiles",
                                                 "number_of_evidence",
                                                 "msgs_published_at_runtime"};
        const std::vector<std::string> cache =
            generation_ == Slips::legacy ? Words{"IPsInfo"} : Words{"IPsInfo:asn", "IPsInfo:score"};
        const std::size_t which = pick(main.size() + 1);
        Client& client = which < main.size() ? slips_.db : slips_.cache_db;
        const std::string key = which < main.size() ? main[which] : cache[pick(cache.size())];
        const bool was = client.integer({"EXISTS", key}) == 1;
        std::vector<Words> poison{{"MULTI"}, {"SET", key, "poison"}, {"EXEC"}};
        if (was) poison.insert(poison.begin() + 1, {"RENAME", key, "aside"});
        client.commands(poison);
        publish();
        if (pick(2) == 0) commands_cut();
        publish();
        const bool through = eventually([&] { return stored_of_others() == sent_ - sent_of_victim_; });
        client.command(was ? Words{"RENAME", "aside", key} : Words{"DEL", key});
        REQUIRE_MESSAGE(through, key);
        return true;
    }
    std::size_t stored_of_others() {
        std::size_t sum = 0;
        for (int window = 1; window <= windows; ++window) sum += slips_.evidence({.window = window}).size();
        return sum;
    }
    bool server_stopped() {
        slips_.main.pause();
        std::this_thread::sleep_for(std::chrono::milliseconds(1 + pick(30)));  // the pause is the fault
        slips_.main.go_on();
        return true;
    }
    bool server_killed() {
        read_alerts();
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
    /// Reads everything published until now: up to a mark of our own.
    void read_alerts() {
        slips_.publish("evidence_added", "the end");
        for (;;) {
            const auto& all = alerts_->wait_for(taken_ + 1);
            REQUIRE(all.size() > taken_);
            const std::string& text = all[taken_++];
            if (text == "the end") return;
            const Json evidence = Json::parse(text);
            if (++published_[evidence[evidence.contains("ID") ? "ID" : "id"].get<std::string>()] == 1)
                alerts_of_victim_ += text.find(victim) != text.npos;
        }
    }

    void check(const std::map<std::string, int>& done) {
        const bool kills = fire_ == Fire::kills;
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
        MESSAGE(sum << " faults (" << list << "): " << sent_ << " flows sent, " << number("messages", "handled")
                    << " handled, " << accepted << " evidence accepted, " << number("evidence", "acknowledged")
                    << " acknowledged, " << slips_.stored() << " stored, " << published_.size() << " received");
        CHECK(accepted > sent_ / 10);
        CHECK(number("messages", "handled") == number("messages", "received"));
        CHECK(number("messages", "handled") == accepted);
        CHECK(number("evidence", "acknowledged") + number("evidence", "given_up") == accepted);
        CHECK(number("evidence", "lost") == 0);
        CHECK(number("evidence", "refused") == 0);
        for (const auto& alert : published_) CHECK_MESSAGE(alert.second == 1, alert.first);
        if (fire_ == Fire::poison) {  // no message was missed
            CHECK(accepted == sent_);
            CHECK(number("evidence", "given_up") > 0);
            CHECK(number("evidence", "given_up") <= sent_of_victim_);
            CHECK(stored_of_others() == sent_ - sent_of_victim_);
            CHECK(published_.size() - alerts_of_victim_ == sent_ - sent_of_victim_);
            // A connection may have broken after EXEC: evidence that was given up may be stored.
            CHECK(slips_.stored() >= number("evidence", "acknowledged"));
            CHECK(number("evidence", "published") <= published_.size());
            return;
        }
        CHECK(number("evidence", "given_up") == 0);
        if (fire_ == Fire::beside) {
            for (const auto& theirs : theirs_)  // id → time window
                CHECK_MESSAGE(slips_.evidence({.window = theirs.second}).contains(theirs.first), theirs.first);
            CHECK(slips_.stored() <= accepted + theirs_.size());
        } else {
            CHECK(slips_.stored() == accepted);
        }
        if (const std::string counted = slips_.db.text({"GET", "number_of_evidence"}); !counted.empty())
            CHECK(counted == std::to_string(accepted));
        CHECK(number("evidence", "published") == accepted);
        if (!kills) CHECK(number("redis", "error_replies") > 0);
        if (kills) CHECK(published_.size() > accepted / 2);
        else CHECK(published_.size() == accepted);
    }

    Host slips_;
    Slips generation_;
    Fire fire_;
    std::mt19937 chance_;
    std::size_t sent_ = 0;
    std::size_t sent_of_victim_ = 0;
    std::size_t alerts_of_victim_ = 0;
    std::unique_ptr<Subscriber> alerts_{};
    std::size_t taken_ = 0;                   ///< read of its messages
    std::map<std::string, int> published_{};  ///< ids, and how often each was published
    std::map<std::string, int> theirs_{};     ///< ids of another module's evidence → window
};

}  // namespace

void endure(Slips generation, int faults, Fire fire, const std::string& release) {
#ifndef SLIPS_TEST_LONG
    faults /= 5;
#endif
    FaultRun(generation, fire, release).run(faults);
}

}  // namespace integration
