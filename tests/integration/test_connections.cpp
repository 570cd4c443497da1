// The event loop with servers that do not answer, and a stop while nobody reads stderr.
#include "slips/impl/program/connections.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "slips/impl/program/signals.hpp"
#include "slips/impl/session/loop_side.hpp"
#include "slips/impl/session/running_call.hpp"

using namespace std::chrono_literals;
using slips::Clock;

namespace {

/// Answers everything but SUBSCRIBE.
class Server {
public:
    Server() {
        REQUIRE(::mkdtemp(folder_) != nullptr);
        path_ = std::string(folder_) + "/socket";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(fd_, 16) == 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        for (const int each : clients_) ::close(each);
        ::close(fd_);
        ::unlink(path_.c_str());
        ::rmdir(folder_);
    }
    slips::redis::Endpoint endpoint() const {
        slips::redis::Endpoint endpoint;
        endpoint.socket = path_;
        return endpoint;
    }
    void answer() {
        for (int each = 0; (each = ::accept(fd_, nullptr, nullptr)) >= 0;) clients_.push_back(each);
        for (const int each : clients_) {
            char bytes[4096];
            ssize_t size = 0;
            while ((size = ::recv(each, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
                const bool is_subscription =
                    std::string_view(bytes, static_cast<std::size_t>(size)).find("SUBSCRIBE") != std::string_view::npos;
                subscriptions += is_subscription ? 1 : 0;
                if (!is_subscription && ::send(each, "+OK\r\n", 5, 0) < 0) return;
            }
        }
    }

    int subscriptions = 0;  ///< received

private:
    char folder_[32] = "/tmp/slips-server-XXXXXX";
    std::string path_{};
    int fd_ = -1;
    std::vector<int> clients_{};
};

/// A session that sends one command on each connection.
struct Loop final : slips::LoopSide, slips::wire::ReplyHandler {
    bool is_congested = false;
    int subscriber_ups = 0;
    std::vector<std::string> losses{};

    void reply(std::uint8_t, std::uint32_t, const slips::wire::Reply&, Clock::time_point) override {}
    void main_up(Clock::time_point) override { main.send(*this, "PING"); }
    void main_lost() override { main.reset(); }
    bool shows_ready(const slips::wire::Reply&) const override { return true; }
    void cache_up() override { cache.send(*this, "PING"); }
    void cache_lost(Clock::time_point) override { cache.reset(); }
    void subscriber_up(Clock::time_point) override {
        ++subscriber_ups;
        subscriber.send_unanswered("SUBSCRIBE", "new_flow");
    }
    void subscriber_lost(std::string_view reason, Clock::time_point) override {
        losses.emplace_back(reason);
        subscriber.reset();
    }
    void pushed(const slips::wire::Reply&, Clock::time_point) override {}
    bool subscribed() const override { return false; }
    std::string take_subscription_refusal() override { return {}; }
    void tick(Clock::time_point) override {}
    std::optional<Clock::time_point> deadline(Clock::time_point) const override { return std::nullopt; }
    bool congested(Clock::time_point) const override { return is_congested; }
    void request_stop(std::string_view) override {}
    bool stopping() const override { return false; }
};

/// The event loop with this server.
struct Running {
    Server server{};
    Loop loop{};
    std::vector<std::string> lines{};
    slips::detail::WakePipe wake{};
    slips::detail::Connections connections{loop,
                                           wake,
                                           nullptr,
                                           server.endpoint(),
                                           server.endpoint(),
                                           [this](std::string_view line) { lines.emplace_back(line); }};

    /// Returns whether `holds` became true.
    template <class Condition>
    bool until(Condition&& holds) {
        for (const auto end = Clock::now() + 20s; Clock::now() < end;) {
            if (holds()) return true;
            server.answer();
            connections.step(Clock::now() + 10ms);
        }
        return holds();
    }
};

}  // namespace

TEST_CASE("a subscription that is never answered is reported once, and tried again") {
    Running run;
    run.connections.subscribe();
    const auto began = Clock::now();
    REQUIRE(run.until([&] { return run.loop.losses.size() == 2; }));
    CHECK(Clock::now() - began >= 10s);
    CHECK(run.loop.losses[0] == "no reply within 5 s");
    CHECK(run.lines == std::vector<std::string>{"no subscription to Redis at " + run.server.endpoint().text() +
                                                ": no reply within 5 s"});
    CHECK(run.until([&] { return run.server.subscriptions == 3; }));
}

TEST_CASE("the connection that subscribes is made although evidence queues up") {
    Running run;
    run.loop.is_congested = true;
    run.connections.subscribe();
    CHECK(run.until([&] { return run.loop.subscriber_ups == 1; }));
}

TEST_CASE("a signal does not wait for a stderr that nobody reads") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string text(4096, 'x');
    while (::write(ends[1], text.data(), text.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(20);  // ends it if it waits
        ::dup2(ends[1], STDERR_FILENO);
        slips::detail::WakePipe wake;
        slips::detail::RunningCall running;
        const slips::detail::RunningCall::Scope scope(running, "init()");
        wake.name_calls(&running);
        ::raise(SIGTERM);
        ::raise(SIGTERM);
        wake.drain();
        ::_exit(wake.repeated() ? 0 : 1);
    }
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    for (const int end : ends) ::close(end);
}
