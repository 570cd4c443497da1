// A connection to redis-server: commands one by one or pipelined, and what a subscription brings. The only file
// of slipsdev, with its .cpp, that knows hiredis.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace slipsdev {

struct RedisError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An error reply that concerns access.
struct AccessError : RedisError {
    using RedisError::RedisError;
    /// The server demands a password, and got none; else it refused the one it got.
    bool none_given = false;
};

/// Where a server listens: a Unix socket, or a port of 127.0.0.1; and how to sign in.
struct Endpoint {
    int port = 0;
    std::string socket_path{};  ///< not empty: this, and no port
    std::string user{};         ///< empty: Redis' default user
    std::string password{};     ///< empty: none is sent. A server that demands none is used without
    std::string password_source{};   ///< where it is from, for messages
    std::string password_problem{};  ///< why Slips' own could not be read, if so
};

/// A reply as a value.
struct Reply {
    enum class Kind { nil, text, integer, error, array };
    Kind kind = Kind::nil;
    long long integer = 0;
    std::string text;
    std::vector<Reply> items;

    bool nil() const { return kind == Kind::nil; }
    bool error() const { return kind == Kind::error; }
    bool is_text() const { return kind == Kind::text; }
    std::optional<std::string> optional_text() const {
        return is_text() ? std::optional<std::string>(text) : std::nullopt;
    }
};

class RedisClient {
public:
    using Command = std::vector<std::string_view>;

    /// Throws RedisError when nobody answers there within the time, or the password is refused. `patience` is for replies: one that does not come
    /// within it will not come.
    RedisClient(const Endpoint& endpoint, int database, std::chrono::milliseconds timeout,
                std::chrono::milliseconds patience = std::chrono::seconds(60));

    RedisClient(RedisClient&&) noexcept;
    RedisClient& operator=(RedisClient&&) noexcept;
    ~RedisClient();

    void set_patience(std::chrono::milliseconds patience);

    /// Sends a command and waits for its reply. Throws RedisError for an error reply, too, AccessError where that is one.
    Reply command(const Command& arguments);

    /// Pipelining: append() as many as wanted, then as many next_reply(). Error replies come back as replies.
    void append(const Command& arguments);
    Reply next_reply();

    /// Reads what has arrived for a subscriber, some megabytes of it at most; waits for none. Throws RedisError when the
    /// server is gone, or sends what no Redis of Slips does.
    std::vector<Reply> arrived();

    int fd() const;

private:
    [[noreturn]] void fail(std::string_view doing) const;
    /// A reply that is there as a whole. Throws RedisError where it is none, or has no end.
    std::optional<Reply> read_reply(std::string_view doing);
    void authenticate(const std::string& user, const std::string& password);

    struct Release {
        void operator()(redisContext* context) const;
    };
    struct Limits;
    std::unique_ptr<Limits> limits_{};  ///< outlives the connection that looks at it
    std::unique_ptr<redisContext, Release> context_;
    std::chrono::milliseconds patience_{};
};

}  // namespace slipsdev
