// What the parts of a session share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/generation.hpp"
#include "slips/impl/session/guard.hpp"
#include "slips/impl/session/links.hpp"
#include "slips/impl/session/notices.hpp"
#include "slips/impl/session/old_clients.hpp"
#include "slips/impl/session/once_log.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/impl/session/slips_info.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/stats.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

struct Shared {
    /// `slips_changed` runs when generation, version or lifetimes of Slips change or become known.
    Shared(SessionSettings with, OnceLog::Sink sink, wire::Pipeline& main, wire::Pipeline& cache,
           std::function<void()> slips_changed)
        : settings(std::move(with)), log(std::move(sink), settings.repeats),
          slips(
              [this](std::string_view kind, const std::string& line) {
                  if (settings.inform) log.log_once(kind, line, settings.inform);
                  else log.log_once(kind, line);
              },
              std::move(slips_changed)),
          links{main, cache, old_clients} {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    /// Logs a line about the module that is no error, once for this kind.
    void remark_once(std::string_view kind, const std::string& line) {
        if (settings.remark) log.log_once(kind, line, settings.remark);
        else log.log_once(kind, line);
    }
    std::optional<Generation> generation() const { return slips.generation(); }

    SessionSettings settings;
    OnceLog log;
    Stats stats{};
    SlipsInfo slips;
    Notices notices{stats, log, slips};
    OldClients old_clients{stats, log};
    Links links;
    StopRequest stop{};
    Guard guard{stats, log, stop, settings.strict};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
