// A connection to redis-server: single or pipelined commands, and messages of subscriptions. With its .cpp the only
// file of slipsdev that uses hiredis.
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
    bool is_absent = false;  ///< no server listens there
    bool is_refusal =
        false;  ///< a Redis serves this client not, or not everything; the text is its reason, with a remedy
};

/// An error reply that concerns access.
struct AccessError : RedisError {
    using RedisError::RedisError;
    /// The server requires a password and got none; false: it refused the one it got.
    bool none_given = false;
};

/// A server's address, a Unix socket or a port of 127.0.0.1, and its credentials.
struct Endpoint {
    int port = 0;
    std::string socket_path{};       ///< used instead of the port, unless empty
    std::string user{};              ///< empty: Redis' default user
    std::string password{};          ///< empty: none is sent. A server without a password is used without
    std::string password_source{};   ///< where it comes from, for messages
    std::string password_problem{};  ///< why Slips' own password file could not be read; empty: no problem
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

    /// Throws RedisError when no server answers within `timeout`, or the password is refused. A reply that does not arrive
    /// within `patience` is an error.
    RedisClient(const Endpoint& endpoint, int database, std::chrono::milliseconds timeout,
                std::chrono::milliseconds patience = std::chrono::seconds(60));

    RedisClient(RedisClient&&) noexcept;
    RedisClient& operator=(RedisClient&&) noexcept;
    ~RedisClient();

    void set_patience(std::chrono::milliseconds patience);

    /// Sends a command and returns its reply. Throws RedisError, also for an error reply; AccessError if that concerns access.
    Reply command(const Command& arguments);

    /// Pipelining: call append() for each command, then next_reply() as often. Error replies are returned.
    void append(const Command& arguments);
    Reply next_reply();

    /// Returns the messages that have arrived for a subscriber, some megabytes at most, without waiting. Throws RedisError
    /// when the connection is lost, or the server sends something that Slips' Redis never does.
    std::vector<Reply> arrived();

    int fd() const;

private:
    [[noreturn]] void fail(std::string_view doing) const;
    /// Returns the next reply if all of it has arrived. Throws RedisError if it is invalid or too large.
    std::optional<Reply> read_reply(std::string_view doing);
    void authenticate(const std::string& user, const std::string& password);
    /// Throws the error for an error reply.
    [[noreturn]] static void refuse(std::string_view doing, const std::string& reply);

    struct Release {
        void operator()(redisContext* context) const;
    };
    struct Limits;
    std::unique_ptr<Limits> limits_{};  ///< outlives the connection, which refers to it
    std::unique_ptr<redisContext, Release> context_;
    std::chrono::milliseconds patience_{};
    bool has_replied_ = false;
};

}  // namespace slipsdev
