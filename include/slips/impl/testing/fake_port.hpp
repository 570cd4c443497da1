// What a module asks by database() and store(), answered by the stand-ins for Redis.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/impl/testing/fake_redis.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Puts the questions to two of them.
class FakePort final : public DatabasePort {
public:
    /// Refers to both: they outlive it.
    FakePort(FakeRedis& main, FakeRedis& cache) : main_(main), cache_(cache) {}

    std::vector<Answer> ask(std::span<const Command> commands) override {
        std::vector<Answer> answers;
        for (const Command& command : commands) {
            const bool main = command.server == Server::main;
            asked_.push_back((main ? "main " : "cache ") + joined(command.words));
            answers.push_back((main ? main_ : cache_).execute(command.words));
        }
        return answers;
    }

    /// "main HGET key field", "cache …"
    const std::vector<std::string>& asked() const { return asked_; }

private:
    FakeRedis& main_;
    FakeRedis& cache_;
    std::vector<std::string> asked_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
