// Stands between a module and Redis, and ends a connection in the middle of what is said.
#pragma once

#include <atomic>
#include <list>
#include <string>
#include <string_view>
#include <thread>

namespace integration {

class Middleman {
public:
    enum class Cut { none, after_commands, after_replies };

    /// Who connects to the Unix socket `socket` talks to Redis at `server`. Throws std::runtime_error.
    Middleman(std::string socket, std::string server);
    ~Middleman();
    Middleman(const Middleman&) = delete;
    Middleman& operator=(const Middleman&) = delete;

    /// From now on so many commands reach Redis, of all that connections without a subscription say; or so many replies
    /// reach who asked. Of what follows nothing arrives: that connection ends. Once.
    void cut(Cut what, int after);

    /// Whether it came to that; forgets cut() if not.
    bool has_cut();

private:
    /// One direction of a connection: bytes that are no whole command or reply yet.
    struct Way {
        int from;
        int to;
        std::string rest{};
    };
    struct Link {
        Way commands;
        Way replies;
        bool subscribed = false;
        bool over = false;
    };

    void work();
    void accept();
    void pass_on(Link& link, bool commands);
    bool ends_here(Cut direction);

    std::string server_;
    int listener_ = -1;
    int stop_[2]{-1, -1};
    std::list<Link> links_{};
    std::atomic<Cut> what_{Cut::none};
    std::atomic<int> left_{0};
    std::thread worker_{};
};

}  // namespace integration
