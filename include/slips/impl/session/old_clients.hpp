// Who the main connection is to Redis, and who those were that broke: what was sent over one of them may still be on its
// way (in a proxy, say), and is carried out whenever it arrives, unless Redis has ended that client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class OldClients {
public:
    static constexpr std::size_t most = 64;  ///< remembered: more connections than that do not break while one evidence waits

    /// Asks for the id of the new connection, and which run of the server this is: within one no id is given twice.
    void up(wire::Pipeline& main) {
        id_ = 0;
        same_run_ = false;
        unanswered_ = 2;
        main.send(wire::Purpose::client, 0, "CLIENT", "ID");
        main.send(wire::Purpose::client, 1, "INFO", "server");
    }
    void lost(bool in_doubt) {
        unanswered_ = 2;
        if (!in_doubt || id_ == 0 || !same_run_) return;
        if (old_.size() == most) old_.pop_front();
        old_.push_back(id_);
    }

    /// It is known which old clients may be ended.
    bool known() const { return unanswered_ == 0; }

    /// Ends the old clients, before whatever is sent next is carried out. Never one that is not known to be ours: in another
    /// run of the server, or where it does not tell its run, an id may be anybody's.
    void end(wire::Pipeline& main) {
        if (!same_run_) return;
        for (std::size_t i = 0; i < old_.size(); ++i) main.send(wire::Purpose::client, 2, "CLIENT", "KILL", "ID", old_[i]);
    }

    /// False: Redis refuses to end an old client.
    bool answer(std::uint32_t index, const wire::Reply& reply) {
        if (index == 2) {
            if (!old_.empty()) old_.pop_front();
            return !reply.is_error();
        }
        --unanswered_;
        if (reply.is_error()) return true;  // not allowed, or older than Redis 5: then it goes without
        if (index == 0) id_ = reply.integer;
        else if (const std::string_view run = run_in(reply.text); !run.empty()) {
            if (run != run_) old_.clear();  // they were ended with their server
            run_ = run;
            same_run_ = true;
        }
        return true;
    }

private:
    static std::string_view run_in(std::string_view info) {
        constexpr std::string_view name = "\nrun_id:";
        const std::size_t at = info.find(name);
        if (at == std::string_view::npos) return {};
        info.remove_prefix(at + name.size());
        return info.substr(0, info.find_first_of("\r\n"));
    }

    std::int64_t id_ = 0;          ///< of the connection there is; 0: not known
    std::string run_{};            ///< of the server that gave the ids
    bool same_run_ = false;        ///< the server there is has answered that it is that one
    int unanswered_ = 2;
    std::deque<std::int64_t> old_{};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
