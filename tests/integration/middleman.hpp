// Stands between a module and Redis, and ends a connection in the middle of what is said, or delivers the rest of it late.
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

    /// Who connects to the Unix socket `socket` talks to Redis at `server`. Throws std::runtime_error.
    Middleman(std::string socket, std::string server);
    ~Middleman();
    Middleman(const Middleman&) = delete;
    Middleman& operator=(const Middleman&) = delete;

    /// From the next command `first` on so many commands reach Redis on that connection, that one included; or so many
    /// replies, from the one to `first` on, reach who asked. Of what follows nothing arrives: the connection ends. Once.
    void cut(Cut what, const std::string& first, int after);

    /// The next command `first`, and what follows it to `last`, reach Redis only after a later connection was answered to its
    /// first command `until`, as in a proxy or a network that is slow; the connection ends for who said it. Once.
    void hold_back(const std::string& first, const std::string& last, const std::string& until);

    /// Whether what was held back has reached a Redis that still listened on that connection.
    bool has_delivered() const { return delivered_; }

    /// Whether it came to that.
    bool has_cut() const { return what_ == Cut::none; }

    /// Forgets cut(), if it did not come to that.
    void never_mind() { what_ = Cut::none; }

    /// What did not arrive, one for each time that it cut.
    const std::vector<std::string>& withheld() const { return withheld_; }

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
        long long said = 0;                    ///< commands that were passed on
        long long answered = 0;                ///< replies
        std::optional<long long> first_said{};  ///< the place of the command from which on it is counted
        std::optional<long long> asked{};      ///< the place of the command until which something is held back
        std::string held{};                    ///< back, of its commands
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
    std::string first_{};  ///< this and the next are written before what_ is set
    std::string last_{};
    std::string until_{};
    int after_ = 0;
    std::optional<Way> late_{};      ///< the connection over which what was held back goes, and that
    std::atomic<bool> delivered_ = false;
    std::vector<std::string> withheld_{};  ///< written before what_ is none, read after
    std::thread worker_{};
};

}  // namespace integration
