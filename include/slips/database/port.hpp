// How questions to Redis leave the SDK, seen from above: run.hpp gives a module a real one, the test harness scripted
// answers.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Redis could not be asked, or answered with an error; what() says which one, where, and why, in one line.
struct DatabaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What Redis answered, to keep.
struct Answer {
    enum class Kind : std::uint8_t { nil, error, integer, text, list };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text{};             ///< of a text, a status or an error
    std::vector<Answer> items{};    ///< of a list

    bool is_nil() const { return kind == Kind::nil; }
    static Answer of(std::string_view text) { return {Kind::text, 0, std::string(text), {}}; }
    static Answer of(std::int64_t number) { return {Kind::integer, number, {}, {}}; }
    static Answer of(std::vector<Answer> items) { return {Kind::list, 0, {}, std::move(items)}; }
};

class DatabasePort {
public:
    /// Slips has two databases: the run's own, and a cache of what was learnt of addresses, which outlives it.
    enum class Server : std::uint8_t { main, cache };
    struct Command {
        Server server = Server::main;
        std::vector<std::string> words{};
    };

    virtual ~DatabasePort() = default;

    /// One answer for each command, in their order, errors of single commands included; one round trip to each server
    /// that is asked. Throws DatabaseError when a server cannot be asked.
    virtual std::vector<Answer> ask(std::span<const Command> commands) = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI
