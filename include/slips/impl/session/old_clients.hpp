// Broken connections whose commands Redis may still receive, from a proxy for example. Redis executes these commands whenever
// they arrive, unless it has ended that client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "slips/detail/clock.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Remembers the client ids of broken connections and ends these clients.
class OldClients final : public wire::ReplyHandler {
public:
    static constexpr std::size_t most = 64;  ///< ids; fewer connections break while one evidence waits

    OldClients(Stats& stats, OnceLog& log) : stats_(stats), log_(log) {}

    /// Asks for the id of the new connection and for the server's run id: within one run no client id is given twice.
    void up(wire::Pipeline& main) {
        id_ = 0;
        same_run_ = false;
        unanswered_ = 2;
        main.send({*this, Tag::id}, "CLIENT", "ID");
        main.send({*this, Tag::run}, "INFO", "server");
    }
    /// `in_doubt`: evidence was sent and not acknowledged.
    void lost(bool in_doubt) {
        unanswered_ = 2;
        if (!in_doubt || id_ == 0 || !same_run_) return;
        if (old_.size() == most) old_.pop_front();
        old_.push_back(id_);
    }

    /// Returns whether it is known which old clients may be ended.
    bool known() const { return unanswered_ == 0; }

    /// Ends the old clients before Redis executes what is sent next. Keeps those that may belong to somebody else: after a
    /// restart of the server, or if it does not report its run id, any client may have that id.
    void end(wire::Pipeline& main) {
        if (!same_run_) return;
        for (const std::int64_t id : old_) main.send({*this, Tag::kill}, "CLIENT", "KILL", "ID", id);
    }

    void reply(std::uint8_t tag, std::uint32_t, const wire::Reply& reply, Clock::time_point) override {
        if (Tag{tag} == Tag::kill) {
            if (!old_.empty()) old_.pop_front();
            if (reply.is_error()) report_refusal(reply.text);
            return;
        }
        --unanswered_;
        if (reply.is_error()) return;  // not allowed, or older than Redis 5: evidence is sent all the same
        if (Tag{tag} == Tag::id) id_ = reply.integer;
        else if (const std::string_view run = run_in(reply.text); !run.empty()) {
            if (run != run_) old_.clear();  // they ended with their server
            run_ = run;
            same_run_ = true;
        }
    }

private:
    enum class Tag : std::uint8_t { id, run, kill };

    void report_refusal(std::string_view error) {
        ++stats_.redis.error_replies;
        log_.log_once("old clients",
                      "Redis does not let the module end its old connection (" + std::string(error) +
                          "); evidence that arrives late over it may be published twice; see ACL SETUSER");
    }

    static std::string_view run_in(std::string_view info) {
        constexpr std::string_view name = "\nrun_id:";
        const std::size_t at = info.find(name);
        if (at == std::string_view::npos) return {};
        info.remove_prefix(at + name.size());
        return info.substr(0, info.find_first_of("\r\n"));
    }

    Stats& stats_;
    OnceLog& log_;
    std::int64_t id_ = 0;    ///< of the current connection; 0: unknown
    std::string run_{};      ///< of the server that assigned the ids
    bool same_run_ = false;  ///< the current server has confirmed this run
    int unanswered_ = 2;
    std::deque<std::int64_t> old_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
