// The functions of testing::FakeRedis.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/impl/testing/fake_redis.hpp"
#include "slips/testing/fake_redis.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

namespace detail {

/// Returns the type that a command needs its key to have; empty: any.
inline std::string_view type_for(const std::string& command) {
    if (command == "GET" || command == "INCRBY") return "string";
    if (command == "SADD" || command == "SMEMBERS" || command == "SISMEMBER" || command == "SCARD") return "set";
    return command[0] == 'H' ? "hash" : command[0] == 'Z' ? "zset" : "";
}

/// Returns whether a score is within bounds as Redis writes them: 3, (3, -inf.
inline bool within(double score, const std::string& low, const std::string& high) {
    const auto limit = [](const std::string& bound) {
        return std::strtod(bound.c_str() + bound.starts_with('('), nullptr);
    };
    return (low.starts_with('(') ? score > limit(low) : score >= limit(low)) &&
           (high.starts_with('(') ? score < limit(high) : score <= limit(high));
}

/// INCRBY and HINCRBY.
inline Answer increment(std::string& value, const std::string& by) {
    if (value.find_first_not_of("-0123456789") != std::string::npos)
        return Answer::error("ERR value is not an integer or out of range");
    const std::int64_t sum = (value.empty() ? 0 : std::stoll(value)) + std::stoll(by);
    value = std::to_string(sum);
    return Answer::integer(sum);
}

}  // namespace detail

SLIPS_SDK_DECL Answer FakeRedis::execute(const Words& words) {
    if (meanwhile) meanwhile(words);
    if (unknown_commands.contains(words[0])) return refuse(Answer::error("ERR unknown command '" + words[0] + "'"));
    if (instead)
        if (auto answer = instead(words)) return words[0] == "EXEC" ? abort(*answer) : refuse(*answer);
    if (words[0] == "MULTI") {
        in_transaction_ = true;
        return Answer::status("OK");
    }
    if (words[0] == "EXEC") return exec();
    if (in_transaction_) {
        queued_.push_back(words);
        return Answer::status("QUEUED");
    }
    return apply(words);
}

SLIPS_SDK_DECL Answer FakeRedis::refuse(Answer answer) {
    if (in_transaction_ && answer.kind == Answer::Kind::error) refused_ = true;
    return answer;
}

SLIPS_SDK_DECL Answer FakeRedis::abort(Answer answer) {
    end_transaction();
    return answer;
}

SLIPS_SDK_DECL Answer FakeRedis::exec() {
    const bool refused = refused_;
    const bool conflict = std::any_of(watched_.begin(), watched_.end(),
                                      [this](const auto& key) { return changes_[key.first] != key.second; });
    const std::vector<Words> commands = std::move(queued_);
    end_transaction();
    if (refused) return Answer::error("EXECABORT Transaction discarded because of previous errors.");
    if (conflict) return Answer::nil();
    std::vector<Answer> answers;
    for (const Words& words : commands) answers.push_back(apply(words));
    return Answer::list(std::move(answers));
}

SLIPS_SDK_DECL Answer FakeRedis::field_of(const std::string& key, const std::string& field) {
    const auto hash = hashes.find(key);
    if (hash == hashes.end() || !hash->second.contains(field)) return Answer::nil();
    return Answer::of(hash->second.at(field));
}

SLIPS_SDK_DECL Answer FakeRedis::apply(const Words& words) {
    const std::string& name = words[0];
    if (name == "CLIENT" && words[1] == "ID") return Answer::integer(client_id);
    if (name == "CLIENT" && words[1] == "KILL") return Answer::integer(0);  // a lost connection is closed here as well
    if (name == "INFO")
        return Answer::of("# Server\r\nredis_version:7.0.15\r\nrun_id:" + run_id + "\r\ntcp_port:6379\r\n");
    if (name == "UNWATCH") watched_.clear();
    if (name == "AUTH" || name == "SELECT" || name == "CLIENT" || name == "UNWATCH") return Answer::status("OK");
    if (name == "FLUSHALL") {
        for (const auto& [key, change] : watched_)
            if (type_of(key) != "none") touch(key);
        hashes.clear();
        sorted_sets.clear();
        sets.clear();
        strings.clear();
        return Answer::status("OK");
    }
    if (name == "TYPE") return Answer::status(type_of(words[1]));
    if (const std::string_view type = detail::type_for(name); !type.empty())
        if (const std::string found = type_of(words[1]); found != type && found != "none")
            return Answer::error("WRONGTYPE Operation against a key holding the wrong kind of value");
    if (name == "WATCH") {
        for (std::size_t i = 1; i < words.size(); ++i) watched_.emplace(words[i], changes_[words[i]]);
        return Answer::status("OK");
    }
    if (name == "GET") return strings.contains(words[1]) ? Answer::of(strings[words[1]]) : Answer::nil();
    if (name == "MGET") {
        std::vector<Answer> found;
        for (std::size_t i = 1; i < words.size(); ++i)
            found.push_back(strings.contains(words[i]) ? Answer::of(strings[words[i]]) : Answer::nil());
        return Answer::list(std::move(found));
    }
    if (name == "SET") {  // whatever the key held before
        hashes.erase(words[1]);
        sets.erase(words[1]);
        sorted_sets.erase(words[1]);
        strings[words[1]] = words[2];
        return Answer::status("OK");
    }
    if (name == "EXISTS")
        return Answer::integer((hashes.contains(words[1]) && !hashes.at(words[1]).empty()) ||
                               strings.contains(words[1]) || (sets.contains(words[1]) && !sets.at(words[1]).empty()) ||
                               (sorted_sets.contains(words[1]) && !sorted_sets.at(words[1]).empty()));
    if (name == "HGET") return field_of(words[1], words[2]);
    if (name == "HEXISTS") return Answer::integer(field_of(words[1], words[2]).kind != Answer::Kind::nil);
    if (name == "HMGET") {
        std::vector<Answer> found;
        for (std::size_t i = 2; i < words.size(); ++i) found.push_back(field_of(words[1], words[i]));
        return Answer::list(std::move(found));
    }
    if (name == "HSET") {
        touch(words[1]);
        std::int64_t fresh = 0;
        for (std::size_t i = 2; i + 1 < words.size(); i += 2)
            fresh += hashes[words[1]].insert_or_assign(words[i], words[i + 1]).second;
        return Answer::integer(fresh);
    }
    if (name == "HSETNX") {
        const bool is_new = hashes[words[1]].try_emplace(words[2], words[3]).second;
        if (is_new) touch(words[1]);
        return Answer::integer(is_new);
    }
    if (name == "SADD") {
        sadd(words[1], words[2]);
        return Answer::integer(1);
    }
    if (name == "HDEL") {
        touch(words[1]);
        std::int64_t gone = 0;
        for (std::size_t i = 2; i < words.size(); ++i)
            gone += static_cast<std::int64_t>(hashes[words[1]].erase(words[i]));
        if (hashes[words[1]].empty()) hashes.erase(words[1]);
        return Answer::integer(gone);
    }
    if (name == "DEL") {
        touch(words[1]);
        return Answer::integer(
            hashes.erase(words[1]) + strings.erase(words[1]) + sets.erase(words[1]) + sorted_sets.erase(words[1]) != 0);
    }
    if (name == "HINCRBY") return detail::increment(hashes[words[1]][words[2]], words[3]);
    if (name == "INCRBY") return detail::increment(strings[words[1]], words[2]);
    if (name == "ZSCORE") {
        const auto set = sorted_sets.find(words[1]);
        if (set == sorted_sets.end() || !set->second.contains(words[2])) return Answer::nil();
        return Answer::of(set->second.at(words[2]));
    }
    if (auto answer = read(words)) return *answer;
    if (name == "ZADD" && words.size() != 4) throw std::runtime_error("the fake Redis does not know " + joined(words));
    if (name == "ZADD") return Answer::integer(sorted_sets[words[1]].insert_or_assign(words[3], words[2]).second);
    if (name == "ZREMRANGEBYRANK") return Answer::integer(0);
    if (name == "EXPIRE") {
        lifetimes[words[1]] = joined(words);
        return Answer::integer(1);
    }
    if (name == "HEXPIRE") return Answer::list({Answer::integer(1)});
    if (name == "PUBSUB") return Answer::list({Answer::of(words[2]), Answer::integer(subscribers[words[2]])});
    if (name == "PUBLISH") {
        published.emplace_back(words[1], words[2]);
        return Answer::integer(subscribers[words[1]]);
    }
    throw std::runtime_error("the fake Redis does not know " + joined(words));
}

SLIPS_SDK_DECL std::optional<Answer> FakeRedis::read(const Words& words) {
    const std::string& name = words[0];
    std::vector<Answer> found;
    if (name == "HGETALL" || name == "HKEYS" || name == "HVALS") {
        for (const auto& [field, value] : hashes[words[1]]) {
            if (name != "HVALS") found.push_back(Answer::of(field));
            if (name != "HKEYS") found.push_back(Answer::of(value));
        }
    } else if (name == "HLEN") {
        return Answer::integer(static_cast<std::int64_t>(hashes[words[1]].size()));
    } else if (name == "SMEMBERS") {
        for (const std::string& member : sets[words[1]]) found.push_back(Answer::of(member));
    } else if (name == "SISMEMBER") {
        return Answer::integer(sets[words[1]].contains(words[2]));
    } else if (name == "SCARD") {
        return Answer::integer(static_cast<std::int64_t>(sets[words[1]].size()));
    } else if (name == "ZCARD") {
        return Answer::integer(static_cast<std::int64_t>(sorted_sets[words[1]].size()));
    } else if (name == "ZRANGE" || name == "ZREVRANGE" || name == "ZRANGEBYSCORE" || name == "ZREVRANGEBYSCORE") {
        return range(words);
    } else {
        return std::nullopt;
    }
    return Answer::list(std::move(found));
}

SLIPS_SDK_DECL Answer FakeRedis::range(const Words& words) {
    using Scored = std::pair<double, std::string>;
    std::vector<Scored> all;
    for (const auto& [member, score] : sorted_sets[words[1]])
        all.emplace_back(std::strtod(score.c_str(), nullptr), member);
    std::sort(all.begin(), all.end());
    bool reverse = words[0].starts_with("ZREV");
    bool scores = false;
    bool by_score = words[0].ends_with("BYSCORE");
    std::int64_t offset = 0, limit = -1;
    for (std::size_t i = 4; i < words.size(); ++i) {
        if (words[i] == "WITHSCORES") scores = true;
        else if (words[i] == "REV") reverse = true;
        else if (words[i] == "BYSCORE") by_score = true;
        else if (words[i] == "LIMIT" && i + 2 < words.size())
            offset = std::stoll(words[i + 1]), limit = std::stoll(words[i + 2]), i += 2;
        else throw std::runtime_error("the fake Redis does not know " + joined(words));
    }
    if (by_score) {
        const std::string& low = words[reverse ? 3 : 2];
        const std::string& high = words[reverse ? 2 : 3];
        std::erase_if(all, [&](const Scored& one) { return !detail::within(one.first, low, high); });
    }
    if (reverse) std::reverse(all.begin(), all.end());
    const auto size = static_cast<std::int64_t>(all.size());
    std::int64_t first = offset;
    std::int64_t last = limit < 0 ? size - 1 : std::min(size - 1, offset + limit - 1);
    if (!by_score) {
        first = std::stoll(words[2]);
        last = std::stoll(words[3]);
        if (first < 0) first = std::max<std::int64_t>(0, size + first);
        if (last < 0) last += size;
        last = std::min(last, size - 1);
    }
    std::vector<Answer> found;
    for (std::int64_t i = first; i <= last; ++i) {
        const auto& [score, member] = all[static_cast<std::size_t>(i)];
        found.push_back(Answer::of(member));
        if (scores) found.push_back(Answer::of(sorted_sets[words[1]][member]));
    }
    return Answer::list(std::move(found));
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
