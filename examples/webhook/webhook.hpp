// Sends the evidence and alerts of all modules to a web server on this host, from a thread of its own. docs/threads.md
// explains it.
//
// To try it without Slips, from the folder of the SDK (one line):
//
//   build/bin/slipsdev play --generation current --output out
//       --flows tests/data/examples/evidence.current.jsonl -- build/bin/webhook
//
// out/webhook/events.jsonl has one JSON object for each piece of evidence and each alert of the recording. To send them
// as HTTP POST instead, name the port of a server, and the path if it is not /, in Slips' configuration:
//
//   webhook:
//     port: 8080
//     path: /slips
//     timeout: 2           # seconds for one request, and for what is queued when Slips stops
//     queue_bytes: 16000000  # of events that wait; above it, all but the newest are dropped, the oldest first
//
// (slips.conf of Slips before 1.1: a section [webhook] with port = ...). An event that was not answered with a status is
// sent again, so a receiver may receive it twice: `kind` and `id` identify it.
//
// To break it:
// - name a port without a server: one line reports it, the events wait, and the stop takes no longer than `timeout`
// - call print() in send_all(): it is refused, because it is called from another thread
// - remove the join() of finish(): the program aborts, because a std::thread is destroyed while it runs
#pragma once

#include <slips/slips.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "http_post.hpp"

struct Webhook : slips::Module<Webhook> {
    static constexpr slips::Setting<int> port{.name = "port",
                                              .by_default = 0,
                                              .min = 0,
                                              .max = 65535,
                                              .description = "of the web server; 0: events.jsonl instead"};
    static constexpr slips::Setting<std::string> path{
        .name = "path", .by_default = "/", .description = "of the web server's page"};
    static constexpr slips::Setting<double> timeout{.name = "timeout",
                                                    .by_default = 2,
                                                    .min = 0.01,
                                                    .max = 60,
                                                    .description = "seconds for one request, and for the stop"};
    static constexpr slips::Setting<std::size_t> queue_bytes{
        .name = "queue_bytes", .by_default = 16'000'000, .description = "of events that wait"};
    static constexpr slips::ModuleInfo info{
        .name = "webhook",
        .description = "sends the evidence and alerts of all modules to a web server on this host",
        .authors = "the slips-module-sdk authors",
        .version = "1.0.0",
        .settings = {port, path, timeout, queue_bytes},
    };

    // Without a stop, as when a test fails: the thread must end before the members that it uses.
    ~Webhook() override { finish(Clock::now()); }

    bool pre_main() override {
        if (!read_settings()) return false;
        thread_ = std::thread([this] { send_all(); });
        return true;
    }

    void on(const slips::EvidenceAdded& msg) { add("evidence", msg.id, msg, msg); }

    // Slips before 1.1.5 publishes no evidence with the alert: last_evidence is empty.
    void on(const slips::NewAlert& msg) { add("alert", msg.id, msg, msg.last_evidence); }

    void shutdown_gracefully() override {
        finish(Clock::now() + timeout_);
        const std::size_t left = events_.size() + unanswered_;
        std::string report = "sent " + std::to_string(sent_) + " events to " + receiver();
        if (refused_ > 0) report += "; it refused " + std::to_string(refused_);
        if (dropped_ > 0) report += "; the oldest " + std::to_string(dropped_) + " were dropped";
        if (left > 0) report += "; " + std::to_string(left) + " were not sent before the stop";
        print(report, 1, dropped_ + left + refused_ > 0 ? 1 : 0);
    }

private:
    using Clock = std::chrono::steady_clock;
    using Lock = std::unique_lock<std::mutex>;
    static constexpr std::chrono::milliseconds first_pause{100};  // after a failure; doubled after each further one
    static constexpr std::chrono::milliseconds longest_pause{10'000};

    // --- on the thread of the handlers ---

    bool read_settings() {
        port_ = setting(port);
        path_ = setting(path);
        most_bytes_ = setting(queue_bytes);
        timeout_ = std::chrono::milliseconds(std::lround(setting(timeout) * 1000));
        file_ = output_dir() / "events.jsonl";
        const bool is_path = path_.starts_with('/') &&
                             std::all_of(path_.begin(), path_.end(), [](char c) { return c > ' ' && c < '\x7f'; });
        if (!is_path) print("path in section webhook must begin with / and have no blanks", 1, 1);
        return is_path;
    }

    void add(const std::string& kind, const std::string& id, const slips::Context& context,
             const slips::EvidenceRecord& evidence) {
        const auto seconds = evidence.timestamp.seconds();
        const nlohmann::json event{
            {"kind", kind},
            {"id", id},
            {"host", context.profile_ip()},
            {"window", context.twid},
            {"time", seconds ? slips::format_iso8601(*seconds) : ""},
            {"type", evidence.type},
            {"threat_level", evidence.threat_level},
            {"description", evidence.description},
            {"attacker", evidence.attacker.value},
            {"victim", evidence.victim.value},
        };
        // ASCII only, and invalid UTF-8 is replaced: text from the network must not make dump() throw
        queue(event.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    }

    // Never waits for the receiver. While the queue is full the oldest events make room for new ones.
    void queue(std::string event) {
        bool begins_to_drop = false;
        {
            const Lock lock(mutex_);
            bytes_ += event.size();
            events_.push_back(std::move(event));
            while (bytes_ > most_bytes_ && events_.size() > 1) {  // the newest is sent, however long it is
                take_first();
                ++dropped_;
                begins_to_drop = !std::exchange(drops_, true) || begins_to_drop;
            }
        }
        changed_.notify_one();
        if (begins_to_drop)
            print(receiver() + " is too slow: the oldest events are dropped until it has caught up", 1, 1);
    }

    // Ends the thread, at the latest at `end` or after the request that it has begun.
    void finish(Clock::time_point end) {
        if (!thread_.joinable()) return;
        {
            const Lock lock(mutex_);
            end_ = end;
        }
        changed_.notify_one();
        thread_.join();
    }

    std::string receiver() const {
        return port_ == 0 ? file_.string() : "http://127.0.0.1:" + std::to_string(port_);  // the path may have a token
    }

    // --- on thread_: nothing of the module but post() ---

    void send_all() {
        Lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return !events_.empty() || end_; });
            if (events_.empty() || is_over()) return;
            const std::string event = take_first();
            drops_ = drops_ && !events_.empty();
            if (!send(event, lock)) {
                ++unanswered_;
                return;
            }
        }
    }

    // Returns false if the time to stop expired before the receiver answered.
    bool send(const std::string& event, Lock& lock) {
        int failures = 0;
        for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
            auto until = Clock::now() + timeout_;
            if (end_) until = std::min(until, *end_);
            lock.unlock();
            const std::string error = attempt(event, until);
            if (failures == 0 && !error.empty())
                post([this, error] { print(receiver() + ": " + error + "; events wait until it accepts them", 1, 1); });
            if (failures > 0 && error.empty()) post([this] { print(receiver() + " accepts events again"); });
            lock.lock();
            if (error.empty()) return true;
            ++failures;
            rest(pause, lock);
            if (is_over()) return false;
        }
    }

    // Waits before the next attempt. A stop ends the pause: what is left is sent now or never.
    void rest(std::chrono::milliseconds& pause, Lock& lock) {
        if (end_) {
            changed_.wait_until(lock, std::min(*end_, Clock::now() + first_pause));
        } else if (changed_.wait_for(lock, pause, [this] { return end_.has_value(); })) {
            pause = first_pause;
        }
    }

    bool is_over() const { return end_ && Clock::now() >= *end_; }

    // Returns why the event has to be sent again; empty: it need not.
    std::string attempt(const std::string& event, Clock::time_point until) {
        try {
            if (port_ == 0) {
                append(event);
            } else {
                const int status = http_post(port_, path_, event, until);
                if (status >= 500 || status == 408 || status == 429) return "HTTP status " + std::to_string(status);
                if (status >= 300) {
                    if (++refused_ == 1)
                        post([this, status] {
                            print(receiver() + " refuses an event (HTTP status " + std::to_string(status) +
                                      "): such events are dropped",
                                  1, 1);
                        });
                    return {};
                }
            }
            ++sent_;
            return {};
        } catch (const std::exception& error) {
            return error.what();
        }
    }

    void append(const std::string& event) const {
        std::ofstream file(file_, std::ios::app);
        file << event << '\n';
        file.close();  // writes what is buffered, which can fail as well
        if (!file) throw std::runtime_error("cannot write");
    }

    // --- on both, with the lock ---

    std::string take_first() {
        std::string event = std::move(events_.front());
        events_.pop_front();
        bytes_ -= event.size();
        return event;
    }

    // Set before the thread starts, and not changed while it runs.
    int port_ = 0;
    std::string path_{};
    std::filesystem::path file_{};
    std::chrono::milliseconds timeout_{};
    std::size_t most_bytes_ = 0;

    // Used by both threads, with the lock.
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::deque<std::string> events_{};
    std::size_t bytes_ = 0;
    std::size_t dropped_ = 0;
    bool drops_ = false;                      // since the queue was last empty
    std::optional<Clock::time_point> end_{};  // set by the stop

    // Used by thread_, and after its end.
    std::size_t sent_ = 0;
    std::size_t refused_ = 0;
    std::size_t unanswered_ = 0;

    std::thread thread_{};
};
