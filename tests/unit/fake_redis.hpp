// A Redis in memory, for tests without I/O: it reads what a Pipeline wrote, does what the commands say, and answers
// with replies as a connection would hand them on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/wire/resp.hpp"

namespace slips_test {

using Words = std::vector<std::string>;

/// The commands in `bytes`, which must hold whole ones.
inline std::vector<Words> commands_in(std::string_view bytes) {
    std::vector<Words> commands;
    const auto line = [&bytes](char mark) {
        const std::size_t end = bytes.find("\r\n");
        if (bytes.empty() || bytes[0] != mark || end == std::string_view::npos)
            throw std::runtime_error("no RESP: " + std::string(bytes.substr(0, 40)));
        const std::size_t number = std::stoul(std::string(bytes.substr(1, end - 1)));
        bytes.remove_prefix(end + 2);
        return number;
    };
    while (!bytes.empty()) {
        Words words(line('*'));
        for (std::string& word : words) {
            const std::size_t length = line('$');
            if (bytes.size() < length + 2 || bytes.substr(length, 2) != "\r\n")
                throw std::runtime_error("a word is cut off or longer than announced");
            word = bytes.substr(0, length);
            bytes.remove_prefix(length + 2);
        }
        commands.push_back(std::move(words));
    }
    return commands;
}

/// "HSET key field value", for comparisons.
inline std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

/// A reply that owns its texts.
struct Answer {
    using Kind = slips::wire::Reply::Kind;
    Kind kind = Kind::nil;
    std::int64_t number = 0;
    std::string text{};
    std::vector<Answer> items{};

    static Answer nil() { return {}; }
    static Answer status(std::string text) { return {Kind::status, 0, std::move(text), {}}; }
    static Answer error(std::string text) { return {Kind::error, 0, std::move(text), {}}; }
    static Answer integer(std::int64_t number) { return {Kind::integer, number, {}, {}}; }
    static Answer of(std::string text) { return {Kind::text, 0, std::move(text), {}}; }
    static Answer list(std::vector<Answer> items) { return {Kind::list, 0, {}, std::move(items)}; }

    /// As a connection hands it on: the reply refers to this answer and to `storage`.
    slips::wire::Reply lend(std::deque<std::vector<slips::wire::Reply>>& storage) const {
        slips::wire::Reply reply;
        reply.kind = kind;
        reply.integer = number;
        reply.text = text;
        if (kind == Kind::list) {
            std::vector<slips::wire::Reply> lent;
            for (const Answer& item : items) lent.push_back(item.lend(storage));
            storage.push_back(std::move(lent));
            reply.items = storage.back().data();
            reply.size = items.size();
        }
        return reply;
    }
};

/// The database and, of one connection, what it watches and has queued.
class FakeRedis {
public:
    std::map<std::string, std::map<std::string, std::string>> hashes{};
    std::map<std::string, std::map<std::string, std::string>> sorted_sets{};  ///< key → member → score
    std::map<std::string, std::string> strings{};
    std::vector<std::pair<std::string, std::string>> published{};
    std::map<std::string, std::int64_t> subscribers{{"evidence_added", 1}, {"new_flow", 1}};
    std::map<std::string, std::string> lifetimes{};  ///< key → what EXPIRE said

    /// Answers in place of the database when it returns something; within MULTI the transaction is then refused.
    std::function<std::optional<Answer>(const Words&)> instead{};
    /// Runs before each command: another client at work.
    std::function<void(const Words&)> meanwhile{};
    std::set<std::string, std::less<>> unknown_commands{};

    Answer execute(const Words& words) {
        if (meanwhile) meanwhile(words);
        if (unknown_commands.contains(words[0])) return refuse("ERR unknown command '" + words[0] + "'");
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

    /// The connection is gone, and its transaction with it.
    void disconnected() {
        in_transaction_ = refused_ = false;
        queued_.clear();
        watched_.clear();
    }

    /// Another client writes: whoever watches the key will see a conflict.
    void touch(const std::string& key) { ++changes_[key]; }

private:
    Answer refuse(Answer answer) {
        if (in_transaction_ && answer.kind == Answer::Kind::error) refused_ = true;
        return answer;
    }
    Answer refuse(const std::string& error) { return refuse(Answer::error(error)); }
    Answer abort(Answer answer) {
        disconnected();
        return answer;
    }

    Answer exec() {
        const bool refused = refused_;
        const bool conflict = std::any_of(watched_.begin(), watched_.end(),
                                          [this](const auto& key) { return changes_[key.first] != key.second; });
        const std::vector<Words> commands = std::move(queued_);
        disconnected();
        if (refused) return Answer::error("EXECABORT Transaction discarded because of previous errors.");
        if (conflict) return Answer::nil();
        std::vector<Answer> answers;
        for (const Words& words : commands) answers.push_back(apply(words));
        return Answer::list(std::move(answers));
    }

    Answer held(const std::string& key, const std::string& field) {
        const auto hash = hashes.find(key);
        if (hash == hashes.end() || !hash->second.contains(field)) return Answer::nil();
        return Answer::of(hash->second.at(field));
    }

    Answer apply(const Words& words) {
        const std::string& name = words[0];
        if (name == "AUTH" || name == "SELECT" || name == "CLIENT" || name == "UNWATCH") return Answer::status("OK");
        if (name == "WATCH") {
            watched_.emplace(words[1], changes_[words[1]]);
            return Answer::status("OK");
        }
        if (name == "GET") return strings.contains(words[1]) ? Answer::of(strings[words[1]]) : Answer::nil();
        if (name == "MGET") {
            std::vector<Answer> found;
            for (std::size_t i = 1; i < words.size(); ++i) found.push_back(apply({"GET", words[i]}));
            return Answer::list(std::move(found));
        }
        if (name == "SET") {
            strings[words[1]] = words[2];
            return Answer::status("OK");
        }
        if (name == "EXISTS") return Answer::integer(hashes.contains(words[1]) || strings.contains(words[1]));
        if (name == "HGET") return held(words[1], words[2]);
        if (name == "HEXISTS") return Answer::integer(held(words[1], words[2]).kind != Answer::Kind::nil);
        if (name == "HMGET") {
            std::vector<Answer> found;
            for (std::size_t i = 2; i < words.size(); ++i) found.push_back(held(words[1], words[i]));
            return Answer::list(std::move(found));
        }
        if (name == "HSET") {
            touch(words[1]);
            return Answer::integer(hashes[words[1]].insert_or_assign(words[2], words[3]).second);
        }
        if (name == "HINCRBY") return increment(hashes[words[1]][words[2]], words[3]);
        if (name == "INCRBY") return increment(strings[words[1]], words[2]);
        if (name == "ZSCORE") {
            const auto set = sorted_sets.find(words[1]);
            if (set == sorted_sets.end() || !set->second.contains(words[2])) return Answer::nil();
            return Answer::of(set->second.at(words[2]));
        }
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

    static Answer increment(std::string& value, const std::string& by) {
        const std::int64_t sum = (value.empty() ? 0 : std::stoll(value)) + std::stoll(by);
        value = std::to_string(sum);
        return Answer::integer(sum);
    }

    bool in_transaction_ = false;
    bool refused_ = false;
    std::vector<Words> queued_{};
    std::map<std::string, std::uint64_t> changes_{};
    std::map<std::string, std::uint64_t> watched_{};
};

}  // namespace slips_test
