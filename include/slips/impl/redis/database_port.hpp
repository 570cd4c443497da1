// Sends a module's queries to Redis and waits for the replies: one connection to each of Slips' two databases, made when it is
// first needed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/time.h>
#include <utility>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/impl/redis/endpoint.hpp"
#include "slips/impl/redis/farewell.hpp"
#include "slips/impl/redis/hiredis.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/impl/wire/refusal.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Where a server is, and how to log in.
struct Access {
    Endpoint endpoint{};     ///< host and port, or socket
    std::string user{};      ///< of Redis' ACL; empty: none
    std::string password{};  ///< empty: no AUTH
    int database = 0;        ///< selected after logging in
};

/// Queries Slips' two databases and waits for the replies.
class BlockingPort final : public DatabasePort {
public:
    /// How long a server may take, to connect and for each reply. After a failure it is not asked again for `rest`, so that the
    /// module does not wait for it with each flow.
    static constexpr std::chrono::seconds patience{2};
    static constexpr std::chrono::seconds rest{1};  ///< see `patience`

    /// Connects to neither server yet.
    BlockingPort(Access main, Access cache) {
        server(Server::main).access = std::move(main);
        server(Server::cache).access = std::move(cache);
    }

    /// Opens Unix-socket connections while still root. What fails is tried again when it is needed.
    void connect_sockets() {
        for (const Server which : {Server::main, Server::cache}) {
            if (server(which).access.endpoint.socket.empty()) continue;
            try {
                connect(which);
            } catch (const DatabaseError&) {
            }
        }
    }

    std::vector<Answer> ask(std::span<const Command> commands) override;

    /// Sets the password of both servers for connections made from now on.
    void set_password(const std::string& password) {
        for (Link& link : links_) link.access.password = password;
    }

private:
    using Clock = std::chrono::steady_clock;
    struct Link {
        Access access{};
        ContextPtr context{};
        Clock::time_point leave_alone_until{};
    };

    static constexpr timeval limit{patience.count(), 0};

    Link& server(Server which) { return links_[which == Server::main ? 0 : 1]; }
    void connect(Server which);
    [[noreturn]] void fail(Server which, std::string_view why);
    /// Returns what the server has sent before it closed the connection; empty: nothing that can be read.
    static std::string last_words_of(Link& link);
    struct Failure {
        Server which = Server::main;
        std::string why{};
        bool too_slow = false;
    };
    bool exchange(std::span<const Command> commands, std::vector<Answer>& answers, Failure& failure);
    static void append(redisContext* context, const std::vector<std::string>& words);
    static bool flush(redisContext* context);
    static ReplyPtr receive(redisContext* context) {
        void* reply = nullptr;
        return redisGetReply(context, &reply) == REDIS_OK ? ReplyPtr(static_cast<redisReply*>(reply)) : ReplyPtr();
    }
    static Answer answer_of(const redisReply& reply);

    std::array<Link, 2> links_{};
};

// ---------------------------------------------------------------------------------------------------------

inline void BlockingPort::fail(Server which, std::string_view why) {
    Link& link = server(which);
    link.context.reset();
    link.leave_alone_until = Clock::now() + rest;
    throw DatabaseError(std::string(which == Server::main ? "database" : "cache") + " at " +
                        link.access.endpoint.text() + ": " + std::string(why));
}

inline std::string BlockingPort::last_words_of(Link& link) {
    return link.access.endpoint.is_encrypted() ? std::string() : last_words(link.context->fd);
}

inline void BlockingPort::connect(Server which) {
    Link& link = server(which);
    if (link.context) return;
    if (Clock::now() < link.leave_alone_until) {
        throw DatabaseError(
            std::string(which == Server::main ? "database" : "cache") + " at " + link.access.endpoint.text() +
            ": was unreachable a moment ago, and is not asked again for " + std::to_string(rest.count()) + " s");
    }
    const Access& access = link.access;
    std::string why;
    link.context = connect_blocking(access.endpoint, limit, why);
    if (!link.context) fail(which, why);
    redisContext* const context = link.context.get();
    std::vector<std::vector<std::string>> logins;
    if (!access.password.empty()) {
        if (access.user.empty()) logins.push_back({"AUTH", access.password});
        else logins.push_back({"AUTH", access.user, access.password});
    }
    if (access.database != 0) logins.push_back({"SELECT", std::to_string(access.database)});
    for (const auto& words : logins) {
        append(context, words);
        const ReplyPtr reply = receive(context);
        if (!reply) {
            const std::string trouble = trouble_of(*context, limit), said = last_words_of(link);
            fail(which, said.empty() ? trouble : wire::with_remedy(said));
        }
        if (const std::string_view error(reply->str ? reply->str : "", reply->len);
            reply->type == REDIS_REPLY_ERROR && !wants_no_password(error))
            fail(which, wire::with_remedy(error));
    }
}

inline void BlockingPort::append(redisContext* context, const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) texts.push_back(word.data()), sizes.push_back(word.size());
    redisAppendCommandArgv(context, static_cast<int>(texts.size()), texts.data(), sizes.data());
}

inline bool BlockingPort::flush(redisContext* context) {
    int done = 0;
    while (done == 0)
        if (redisBufferWrite(context, &done) != REDIS_OK) return false;
    return true;
}

inline Answer BlockingPort::answer_of(const redisReply& reply) {
    const auto text = [&reply] { return std::string(reply.str, reply.len); };
    switch (reply.type) {
        case REDIS_REPLY_INTEGER: return Answer::integer(reply.integer);
        case REDIS_REPLY_STRING: return Answer::of(text());
        case REDIS_REPLY_STATUS: return Answer::status(text());
        case REDIS_REPLY_ERROR: return Answer::error(text());
        case REDIS_REPLY_ARRAY: {
            std::vector<Answer> items;
            for (std::size_t i = 0; i < reply.elements; ++i) items.push_back(answer_of(*reply.element[i]));
            return Answer::list(std::move(items));
        }
        default: return {};
    }
}

inline std::vector<Answer> BlockingPort::ask(std::span<const Command> commands) {
    for (const Command& command : commands)
        if (command.words.empty()) throw DatabaseError("database: a command without words; see Query::commands");
    const auto was_open = [&](Server which) { return server(which).context != nullptr; };
    const std::array<bool, 2> before{was_open(Server::main), was_open(Server::cache)};
    for (bool again = true;; again = false) {
        // connects to both first: otherwise a server that is away would leave the replies of the other one unread
        for (const Command& command : commands) connect(command.server);
        Failure failure;
        std::vector<Answer> answers;
        if (exchange(commands, answers, failure)) return answers;
        // replies that are still on their way must not be taken for those to the next query
        for (const Command& command : commands) server(command.server).context.reset();
        // the server may have closed an idle connection: tries once more, over a new one
        if (!again || failure.too_slow || !before[failure.which == Server::main ? 0 : 1])
            fail(failure.which, failure.why);
    }
}

inline bool BlockingPort::exchange(std::span<const Command> commands, std::vector<Answer>& answers, Failure& failure) {
    const auto failed = [&](Server which) {
        const redisContext& context = *server(which).context;
        failure = {which, trouble_of(context, limit), is_too_slow(context)};
        if (failure.too_slow) return false;
        std::string said = last_words_of(server(which));
        if (said.empty() && !answers.empty() && answers.back().kind == Answer::Kind::error) said = answers.back().text;
        if (!said.empty()) failure.why = wire::with_remedy(said);
        return false;
    };
    for (const Command& command : commands) append(server(command.server).context.get(), command.words);
    for (const Server which : {Server::main, Server::cache})
        if (server(which).context && !flush(server(which).context.get())) return failed(which);
    answers.reserve(commands.size());
    for (const Command& command : commands) {
        const ReplyPtr reply = receive(server(command.server).context.get());
        if (!reply) return failed(command.server);
        answers.push_back(answer_of(*reply));
    }
    return true;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
