// The address of a Redis server.
#pragma once

#include <memory>
#include <string>

#include "slips/impl/redis/tls.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Where a server listens.
struct Endpoint {
    std::string host{"127.0.0.1"};     ///< name or address
    int port = 6379;                   ///< 1..65535
    std::string socket{};              ///< path of a Unix socket; if not empty, the others are ignored
    std::shared_ptr<const Tls> tls{};  ///< null: not encrypted

    /// Returns "127.0.0.1:6379", or the socket's path.
    std::string text() const { return socket.empty() ? host + ":" + std::to_string(port) : socket; }
    /// Returns whether connections are encrypted; those over a Unix socket never are.
    bool is_encrypted() const { return tls && socket.empty(); }
};

}  // namespace slips::inline SLIPS_SDK_ABI::redis
