// DatabasePort: how commands reach Redis. Database and Store use it; the program connects it to a server, the test harness
// to an in-memory one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Thrown when Redis cannot be reached or replies with an error; what() names the server, the command and the reason in
/// one line.
struct DatabaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A reply of Redis that owns its texts.
struct Answer {
    /// The kinds of replies in RESP2.
    enum class Kind : std::uint8_t { nil, status, error, integer, text, list };
    Kind kind = Kind::nil;        ///< which of the members below is set
    std::int64_t number = 0;      ///< of an integer
    std::string text{};           ///< of a status, an error, a text
    std::vector<Answer> items{};  ///< of a list

    bool is_nil() const { return kind == Kind::nil; }      ///< the key or field does not exist
    bool is_error() const { return kind == Kind::error; }  ///< Redis refused the command

    static Answer nil() { return {}; }                                                         ///< GET of an absent key
    static Answer status(std::string text) { return {Kind::status, 0, std::move(text), {}}; }  ///< "OK", "QUEUED"
    static Answer error(std::string text) {
        return {Kind::error, 0, std::move(text), {}};
    }  ///< with its code: "NOAUTH …"
    static Answer integer(std::int64_t number) { return {Kind::integer, number, {}, {}}; }           ///< as of HINCRBY
    static Answer of(std::string text) { return {Kind::text, 0, std::move(text), {}}; }              ///< as of GET
    static Answer list(std::vector<Answer> items) { return {Kind::list, 0, {}, std::move(items)}; }  ///< as of HMGET
};

/// Sends a module's queries to Redis.
class DatabasePort {
public:
    /// Slips uses two databases: one for the current run, and a cache of facts about addresses that outlives it.
    enum class Server : std::uint8_t { main, cache };
    /// A Redis command.
    struct Command {
        Server server = Server::main;      ///< which database it is for
        std::vector<std::string> words{};  ///< "HGET", key, field
    };

    virtual ~DatabasePort() = default;

    /// Returns one answer per command, in order, errors of single commands included; takes one round trip to each server.
    /// Throws DatabaseError if a server cannot be reached.
    virtual std::vector<Answer> ask(std::span<const Command> commands) = 0;

    /// Throws std::logic_error if it is called on another thread than that of the handlers: two threads that use one connection
    /// mix up their commands. `call`, text with static lifetime, names the function of Database or Store.
    void require_own_thread(const char* call) const {
        if (check_thread_) check_thread_(call);
    }
    /// Called by run(): sets what require_own_thread() calls.
    void set_thread_check(std::function<void(const char* call)> check) { check_thread_ = std::move(check); }

private:
    std::function<void(const char* call)> check_thread_{};
};

namespace detail {

using Answers = std::span<const Answer>;

/// Returns the name-value pairs of a hash, or of a sorted set with its scores: Redis lists name, value, name, value…
inline std::vector<std::pair<std::string, std::string>> pairs_of(const Answer& answer) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 0; i + 1 < answer.items.size(); i += 2)
        pairs.emplace_back(answer.items[i].text, answer.items[i + 1].text);
    return pairs;
}

}  // namespace detail
}  // namespace slips::inline SLIPS_SDK_ABI
