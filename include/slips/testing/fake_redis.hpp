// FakeRedis: an in-memory Redis for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

using Words = std::vector<std::string>;  ///< of a command: {"GET", "key"}

/// An in-memory Redis: the databases, and the transaction of one connection. It knows the commands that the SDK sends and
/// the plain reads.
class FakeRedis {
public:
    std::map<std::string, std::map<std::string, std::string>> hashes{};       ///< key → field → value
    std::map<std::string, std::map<std::string, std::string>> sorted_sets{};  ///< key → member → score
    std::map<std::string, std::set<std::string>> sets{};                      ///< key → members
    std::map<std::string, std::string> strings{};                             ///< key → value

    /// Sets a string. Named like the command, as the three below.
    void set(const std::string& key, std::string value) { strings[key] = std::move(value); }
    /// Sets a field of a hash.
    void hset(const std::string& key, const std::string& field, std::string value) {
        hashes[key][field] = std::move(value);
    }
    /// Sets a member of a sorted set.
    void zadd(const std::string& key, double score, const std::string& member) {
        char text[32];
        std::snprintf(text, sizeof text, "%.17g",
                      score);  // as Redis before 7.2; newer ones write no digit more than it takes
        sorted_sets[key][member] = text;
    }
    /// Adds a member to a set.
    void sadd(const std::string& key, const std::string& member) { sets[key].insert(member); }

    std::vector<std::pair<std::string, std::string>> published{};  ///< channel, text
    /// Subscribers of a channel, as PUBSUB NUMSUB and PUBLISH report them.
    std::map<std::string, std::int64_t> subscribers{{"evidence_added", 1}, {"new_flow", 1}};
    std::map<std::string, std::string> lifetimes{};  ///< key → its EXPIRE command

    /// Answers instead of the database if it returns an answer; an error within MULTI aborts the transaction.
    std::function<std::optional<Answer>(const Words&)> instead{};
    /// Called before each command; acts as another client.
    std::function<void(const Words&)> meanwhile{};
    std::set<std::string, std::less<>> unknown_commands{};  ///< answered like by an older server

    /// Executes a command and returns its answer. Throws std::runtime_error for a command that it does not know.
    SLIPS_SDK_DECL Answer execute(const Words& words);

    /// Ends the connection and its transaction; the next connection is another client.
    void disconnected() {
        end_transaction();
        ++client_id;
    }
    std::int64_t client_id = 7;            ///< answer to CLIENT ID
    std::string run_id = "the first run";  ///< answer to INFO; changes with each start of a server

    /// Returns the type of a key, as TYPE does.
    std::string type_of(const std::string& key) const {
        const auto in = [&key](const auto& map) {
            const auto found = map.find(key);
            return found != map.end() && !found->second.empty();
        };
        return strings.contains(key) ? "string"
               : in(hashes)          ? "hash"
               : in(sorted_sets)     ? "zset"
               : in(sets)            ? "set"
                                     : "none";
    }

    /// Acts as another client that writes the key: a transaction that watches it fails.
    void touch(const std::string& key) { ++changes_[key]; }

private:
    void end_transaction() {
        in_transaction_ = refused_ = false;
        queued_.clear();
        watched_.clear();
    }
    SLIPS_SDK_DECL Answer refuse(Answer answer);
    SLIPS_SDK_DECL Answer abort(Answer answer);
    SLIPS_SDK_DECL Answer exec();
    SLIPS_SDK_DECL Answer field_of(const std::string& key, const std::string& field);
    SLIPS_SDK_DECL Answer apply(const Words& words);
    SLIPS_SDK_DECL std::optional<Answer> read(const Words& words);
    SLIPS_SDK_DECL Answer range(const Words& words);

    bool in_transaction_ = false;
    bool refused_ = false;
    std::vector<Words> queued_{};
    std::map<std::string, std::uint64_t> changes_{};
    std::map<std::string, std::uint64_t> watched_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::testing
