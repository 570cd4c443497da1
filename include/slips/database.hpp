// What Slips knows, to be asked by a module: typed questions (database/query.hpp), several in one round trip, and a store
// of the module's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/database/query.hpp"
#include "slips/facts.hpp"
#include "slips/generation.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {
struct CachedAnswer {
    Answer answer{};
    std::chrono::steady_clock::time_point until{};
};
}  // namespace detail

/// Reads what Slips knows. Answers come at once, over a connection of their own: a handler waits for one round trip,
/// unless the answer is younger than `age` and was kept. They do not show what this batch's evidence is about to write.
///
///     const auto [peer, window] = database().get(slips::query::ip(msg.flow.daddr),
///                                                slips::query::window(msg.profileid, msg.twid));
///
/// Throws DatabaseError when Redis cannot be asked or answers with an error, and while it is not known which generation
/// of Slips this is; in a handler that is told and counted, and the module goes on.
class Database {
public:
    using Clock = std::chrono::steady_clock;  ///< of the age of answers

    /// How old an answer may be.
    static constexpr std::chrono::seconds age{5};

    /// run() makes it: over that port, of the generation that is known by then.
    Database(DatabasePort& port, std::function<std::optional<Generation>()> generation,
             std::function<Clock::time_point()> now = &Clock::now)
        : port_(port), generation_(std::move(generation)), now_(std::move(now)) {}

    /// The answer to a question; to several, a tuple of their answers.
    template <class First, class... More>
    auto get(const Query<First>& first, const Query<More>&... more);

    /// The answers to any number of questions of one kind, in their order.
    template <class T>
    std::vector<T> get(const std::vector<Query<T>>& queries);

    /// From here on everything is asked anew.
    void forget() { kept_.clear(); }

private:
    static constexpr std::size_t most_kept = 8192;
    void drop_old(Clock::time_point now) {
        if (now < next_drop_) return;
        next_drop_ = now + age;
        std::erase_if(kept_, [now](const auto& one) { return one.second.until <= now; });
    }

    Generation generation() const {
        if (const auto known = generation_()) return *known;
        throw DatabaseError("database: which generation of Slips this is cannot be told yet; name it with --generation "
                            "current|legacy");
    }
    std::vector<Answer> answers_to(const std::vector<DatabasePort::Command>& commands);

    DatabasePort& port_;
    std::function<std::optional<Generation>()> generation_;
    std::function<Clock::time_point()> now_;
    std::unordered_map<std::string, detail::CachedAnswer> kept_{};  ///< by server and words of the command
    Clock::time_point next_drop_{};
};

/// Values of the module's own, under its name in Slips' cache: they survive a restart of the module and of Slips, as long
/// as the cache does: on port 6379, which Slips ends with a run that uses the same port for its own database (as it does
/// when it is given no -P). All Slips of a host have one cache, hence the modules of one name one store. For what belongs to one run, or is large, use a file in output_dir(). Each call is one round trip,
/// and returns when Redis has done it; throws DatabaseError otherwise.
class Store {
public:
    /// run() makes it, for the module of that name.
    Store(DatabasePort& port, std::string_view module) : port_(port), key_("module_store:" + std::string(module)) {}

    std::optional<std::string> get(std::string_view name);       ///< nothing: no such value
    std::map<std::string, std::string> all();                    ///< name → value
    void set(std::string_view name, std::string_view value);     ///< any bytes; what was there is replaced
    void set(const std::map<std::string, std::string>& values);  ///< all of them, or none
    void remove(std::string_view name);                          ///< also when it is not there
    void clear();                                                ///< removes all

private:
    Answer ask(std::vector<std::string> words);

    DatabasePort& port_;
    std::string key_;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Questions that are asked together; read in the order in which they were added.
struct Round {
    explicit Round(Generation slips) : generation(slips) {}

    template <class T>
    void add(const Query<T>& query) {
        for (auto& command : query.commands(generation)) commands.push_back(std::move(command));
        ends.push_back(commands.size());
    }
    template <class T>
    T read(const Query<T>& query) {
        const std::size_t begin = next == 0 ? 0 : ends[next - 1];
        return query.read(generation, Answers(answers).subspan(begin, ends[next++] - begin));
    }

    Generation generation;
    std::vector<DatabasePort::Command> commands{};
    std::vector<Answer> answers{};
    std::vector<std::size_t> ends{};  ///< of the commands of each question
    std::size_t next = 0;
};

inline void refuse_error(const Answer& answer, const DatabasePort::Command& command) {
    if (!answer.is_error()) return;
    throw DatabaseError(std::string(command.server == DatabasePort::Server::main ? "database: " : "cache: ") +
                        command.words.front() + (command.words.size() > 1 ? " " + command.words[1] : "") + ": " +
                        answer.text);
}

}  // namespace detail

inline std::vector<Answer> Database::answers_to(const std::vector<DatabasePort::Command>& commands) {
    std::vector<Answer> answers(commands.size());
    std::vector<DatabasePort::Command> missing;
    std::vector<std::pair<std::string, std::size_t>> asked;  // key, and whose answer it is
    const Clock::time_point now = now_();
    for (std::size_t i = 0; i < commands.size(); ++i) {
        std::string key = commands[i].server == DatabasePort::Server::main ? "m" : "c";
        for (const std::string& word : commands[i].words) key += std::to_string(word.size()) + ":" + word;
        const auto kept = kept_.find(key);
        if (kept != kept_.end() && now < kept->second.until) answers[i] = kept->second.answer;
        else missing.push_back(commands[i]), asked.emplace_back(std::move(key), i);
    }
    if (missing.empty()) return answers;
    std::vector<Answer> fresh = port_.ask(missing);
    drop_old(now);
    if (kept_.size() >= most_kept) kept_.clear();
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        detail::refuse_error(fresh[i], missing[i]);
        auto& [key, place] = asked[i];
        answers[place] = fresh[i];
        if (kept_.size() < most_kept) kept_[std::move(key)] = {std::move(fresh[i]), now + age};
    }
    return answers;
}

template <class First, class... More>
auto Database::get(const Query<First>& first, const Query<More>&... more) {
    detail::Round round(generation());
    round.add(first);
    (round.add(more), ...);
    round.answers = answers_to(round.commands);
    if constexpr (sizeof...(More) == 0) return round.read(first);
    else return std::tuple<First, More...>{round.read(first), round.read(more)...};  // braces: from left to right
}

template <class T>
std::vector<T> Database::get(const std::vector<Query<T>>& queries) {
    detail::Round round(generation());
    for (const auto& query : queries) round.add(query);
    round.answers = answers_to(round.commands);
    std::vector<T> found;
    for (const auto& query : queries) found.push_back(round.read(query));
    return found;
}

inline Answer Store::ask(std::vector<std::string> words) {
    const DatabasePort::Command command{DatabasePort::Server::cache, std::move(words)};
    std::vector<Answer> answers = port_.ask(std::span(&command, 1));
    detail::refuse_error(answers.front(), command);
    return std::move(answers.front());
}

inline std::optional<std::string> Store::get(std::string_view name) {
    Answer answer = ask({"HGET", key_, std::string(name)});
    return answer.is_nil() ? std::nullopt : std::optional(std::move(answer.text));
}

inline std::map<std::string, std::string> Store::all() {
    const auto pairs = detail::pairs_of(ask({"HGETALL", key_}));
    return {pairs.begin(), pairs.end()};
}

inline void Store::set(std::string_view name, std::string_view value) {
    ask({"HSET", key_, std::string(name), std::string(value)});
}

inline void Store::set(const std::map<std::string, std::string>& values) {
    if (values.empty()) return;
    std::vector<std::string> words{"HSET", key_};
    for (const auto& [name, value] : values) words.push_back(name), words.push_back(value);
    ask(std::move(words));
}

inline void Store::remove(std::string_view name) { ask({"HDEL", key_, std::string(name)}); }

inline void Store::clear() { ask({"DEL", key_}); }

}  // namespace slips::inline SLIPS_SDK_ABI
