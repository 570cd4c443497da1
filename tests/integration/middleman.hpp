// A proxy between a module and Redis that ends connections between two commands, or delivers commands late.
#pragma once

#include <atomic>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace integration {

class Middleman {
public:
    enum class Cut { none, after_commands, after_replies, held_back };

    /// Passes connections to the Unix socket `socket` on to Redis at `server`. Throws std::runtime_error.
    Middleman(std::string socket, std::string server);
    ~Middleman();
    Middleman(const Middleman&) = delete;
    Middleman& operator=(const Middleman&) = delete;

    /// Passes on `after` commands from the next command `first` on, including it, or as many replies from its reply on. Then
    /// ends the connection; nothing that follows arrives. Once.
    void cut(Cut what, const std::string& first, int after);

    /// Ends the connection for the client at the next command `first`, and delivers it and the commands up to `last` to Redis
    /// only after a later connection has got the reply to its first command `until`, as a slow proxy or network does. Once.
    void hold_back(const std::string& first, const std::string& last, const std::string& until);

    /// Returns whether the commands held back were executed by Redis.
    bool has_delivered() const { return delivered_; }

    /// Returns whether the cut has happened.
    bool has_cut() const { return what_ == Cut::none; }

    /// Cancels cut(), if it has not happened.
    void never_mind() { what_ = Cut::none; }

    /// Returns the first command or reply that did not arrive, for each cut.
    const std::vector<std::string>& withheld() const { return withheld_; }

private:
    /// One direction of a connection, with the bytes of an incomplete command or reply.
    struct Way {
        int from;
        int to;
        std::string rest{};
    };
    struct Link {
        Way commands;
        Way replies;
        long long sent = 0;                     ///< commands passed on
        long long answered = 0;                 ///< replies passed on
        std::optional<long long> first_sent{};  ///< the number of the command `first`
        std::optional<long long> asked{};       ///< the number of the command `until`
        std::string held{};                     ///< commands held back
        bool over = false;
    };

    void work();
    void accept();
    void pass_on(Link& link, bool commands);
    bool ends_here(Link& link, bool command, std::string_view text);
    void deliver();

    std::string server_;
    int listener_ = -1;
    int stop_[2]{-1, -1};
    std::list<Link> links_{};
    std::atomic<Cut> what_{Cut::none};
    std::string first_{};  ///< this and the next two are written before what_ is set
    std::string last_{};
    std::string until_{};
    int after_ = 0;
    std::optional<Way> late_{};  ///< the connection for the commands held back, and these
    std::atomic<bool> delivered_ = false;
    std::vector<std::string> withheld_{};  ///< written before what_ is none, read after
    std::thread worker_{};
};

}  // namespace integration
