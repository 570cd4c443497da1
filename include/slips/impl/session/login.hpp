// The first commands of a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/impl/session/settings.hpp"
#include "slips/impl/wire/password.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// Logs in to Redis and selects a database.
class Login final : public wire::ReplyHandler {
public:
    /// Receives Redis' error.
    using Refused = std::function<void(std::string_view error)>;

    Login(const SessionSettings& settings, Refused refused) : settings_(settings), refused_(std::move(refused)) {}

    void send(wire::Pipeline& pipeline, int database) {
        if (!settings_.password.empty()) {
            if (settings_.user.empty()) pipeline.send(*this, "AUTH", settings_.password);
            else pipeline.send(*this, "AUTH", settings_.user, settings_.password);
        }
        if (database != 0) pipeline.send(*this, "SELECT", database);
    }

    void reply(std::uint8_t, std::uint32_t, const wire::Reply& reply, Clock::time_point) override {
        if (reply.is_error() && !wants_no_password(reply.text)) refused_(reply.text);
    }

private:
    const SessionSettings& settings_;
    Refused refused_;
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
