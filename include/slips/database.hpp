// Database: typed queries (database/query.hpp) about what Slips knows, several per round trip. Store: values of the module's
// own.
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

/// Queries the databases of Slips over a connection of its own. A call waits for one round trip, unless an answer younger than
/// `age` is cached. Evidence that is still being sent is not visible.
///
///     const auto [peer, window] = database().get(slips::query::ip(msg.flow.daddr),
///                                                slips::query::window(msg.profileid, msg.twid));
///
/// Throws DatabaseError if Redis cannot be reached or replies with an error, and while the generation of Slips is unknown. A
/// handler may let it pass: it is logged and counted, and the module continues. On another thread than that of the handlers
/// each function throws std::logic_error, like those of ModuleBase.
class Database {
public:
    using Clock = std::chrono::steady_clock;  ///< for the age of answers

    /// The maximum age of a cached answer.
    static constexpr std::chrono::seconds age{5};

    /// Called by run(). `dialect` returns the dialect of Slips; nullptr: not known yet.
    Database(DatabasePort& port, std::function<const detail::Dialect*()> dialect,
             std::function<Clock::time_point()> now = &Clock::now)
        : port_(port), dialect_(std::move(dialect)), now_(std::move(now)) {}

    /// Returns the answer to a query, or a tuple of the answers to several.
    template <class First, class... More>
    auto get(const Query<First>& first, const Query<More>&... more);

    /// Returns the answers to any number of queries of one kind, in their order.
    template <class T>
    std::vector<T> get(const std::vector<Query<T>>& queries);

    /// Clears the cache.
    void forget() {
        port_.require_own_thread("database().forget()");
        kept_.clear();
    }

private:
    static constexpr std::size_t most_kept = 8192;
    void drop_old(Clock::time_point now) {
        if (now < next_drop_) return;
        next_drop_ = now + age;
        std::erase_if(kept_, [now](const auto& one) { return one.second.until <= now; });
    }

    const detail::Dialect& dialect() const {
        if (const detail::Dialect* known = dialect_()) return *known;
        throw DatabaseError("database: the generation of Slips is not known yet; set it with --generation "
                            "current|legacy");
    }
    std::vector<Answer> answers_to(const std::vector<DatabasePort::Command>& commands);

    DatabasePort& port_;
    std::function<const detail::Dialect*()> dialect_;
    std::function<Clock::time_point()> now_;
    std::unordered_map<std::string, detail::CachedAnswer> kept_{};  ///< by server and words of the command
    Clock::time_point next_drop_{};
};

/// Values of the module's own, stored under its name in the cache of Slips. They survive a restart of the module and of Slips,
/// as long as the cache does: Slips stops a cache on port 6379 at the end of a run that uses that port for its own database, as
/// it does without -P. All instances of Slips on a host share one cache, hence modules of the same name share one store. Use a
/// file in output_dir() for data of one run, or for large data. Each call takes one round trip and returns when Redis has
/// replied; throws DatabaseError if it fails, and std::logic_error on another thread than that of the handlers.
class Store {
public:
    /// Called by run(), with the name of the module.
    Store(DatabasePort& port, std::string_view module) : port_(port), key_("module_store:" + std::string(module)) {}

    std::optional<std::string> get(std::string_view name);       ///< nullopt if there is no such value
    std::map<std::string, std::string> all();                    ///< name → value
    void set(std::string_view name, std::string_view value);     ///< any bytes; replaces an earlier value
    void set(const std::map<std::string, std::string>& values);  ///< all or none
    void remove(std::string_view name);                          ///< has no effect if there is no such value
    void clear();                                                ///< removes all values

private:
    Answer ask(const char* call, std::vector<std::string> words);

    DatabasePort& port_;
    std::string key_;
};

// ---------------------------------------------------------------------------------------------------------

namespace detail {

/// Queries of one round trip; read() returns the answers in the order of add().
struct Round {
    explicit Round(const Dialect& slips) : dialect(slips) {}

    template <class T>
    void add(const Query<T>& query) {
        for (auto& command : query.commands(dialect)) commands.push_back(std::move(command));
        ends.push_back(commands.size());
    }
    template <class T>
    T read(const Query<T>& query) {
        const std::size_t begin = next == 0 ? 0 : ends[next - 1];
        return query.read(dialect, Answers(answers).subspan(begin, ends[next++] - begin));
    }

    const Dialect& dialect;
    std::vector<DatabasePort::Command> commands{};
    std::vector<Answer> answers{};
    std::vector<std::size_t> ends{};  ///< index behind the commands of each query
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
    port_.require_own_thread("database().get()");
    detail::Round round(dialect());
    round.add(first);
    (round.add(more), ...);
    round.answers = answers_to(round.commands);
    if constexpr (sizeof...(More) == 0) return round.read(first);
    else return std::tuple<First, More...>{round.read(first), round.read(more)...};  // braces: from left to right
}

template <class T>
std::vector<T> Database::get(const std::vector<Query<T>>& queries) {
    port_.require_own_thread("database().get()");
    detail::Round round(dialect());
    for (const auto& query : queries) round.add(query);
    round.answers = answers_to(round.commands);
    std::vector<T> found;
    for (const auto& query : queries) found.push_back(round.read(query));
    return found;
}

inline Answer Store::ask(const char* call, std::vector<std::string> words) {
    port_.require_own_thread(call);
    const DatabasePort::Command command{DatabasePort::Server::cache, std::move(words)};
    std::vector<Answer> answers = port_.ask(std::span(&command, 1));
    detail::refuse_error(answers.front(), command);
    return std::move(answers.front());
}

inline std::optional<std::string> Store::get(std::string_view name) {
    Answer answer = ask("store().get()", {"HGET", key_, std::string(name)});
    return answer.is_nil() ? std::nullopt : std::optional(std::move(answer.text));
}

inline std::map<std::string, std::string> Store::all() {
    const auto pairs = detail::pairs_of(ask("store().all()", {"HGETALL", key_}));
    return {pairs.begin(), pairs.end()};
}

inline void Store::set(std::string_view name, std::string_view value) {
    ask("store().set()", {"HSET", key_, std::string(name), std::string(value)});
}

inline void Store::set(const std::map<std::string, std::string>& values) {
    if (values.empty()) return port_.require_own_thread("store().set()");
    std::vector<std::string> words{"HSET", key_};
    for (const auto& [name, value] : values) words.push_back(name), words.push_back(value);
    ask("store().set()", std::move(words));
}

inline void Store::remove(std::string_view name) { ask("store().remove()", {"HDEL", key_, std::string(name)}); }

inline void Store::clear() { ask("store().clear()", {"DEL", key_}); }

}  // namespace slips::inline SLIPS_SDK_ABI
