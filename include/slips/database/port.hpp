// How questions to Redis leave the SDK, seen from above: program.hpp gives a module a real one, the test harness scripted
// answers.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Redis could not be asked, or answered with an error; what() says which one, where, and why, in one line.
struct DatabaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using wire::Answer;

/// Who puts a module's questions to Redis.
class DatabasePort {
public:
    /// Slips has two databases: the run's own, and a cache of what was learnt of addresses, which outlives it.
    enum class Server : std::uint8_t { main, cache };
    /// A command of Redis.
    struct Command {
        Server server = Server::main;      ///< who is asked
        std::vector<std::string> words{};  ///< "HGET", key, field
    };

    virtual ~DatabasePort() = default;

    /// One answer for each command, in their order, errors of single commands included; one round trip to each server
    /// that is asked. Throws DatabaseError when a server cannot be asked.
    virtual std::vector<Answer> ask(std::span<const Command> commands) = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI
