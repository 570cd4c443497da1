// What a server sends to a client that it does not serve, before it closes the connection.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// A server that speaks TLS has sent an alert.
inline constexpr std::string_view speaks_tls = "the port speaks TLS; use --redis-tls";
/// Most servers that speak TLS send nothing to a client that does not. Follows the reason of a connection that was lost.
inline constexpr std::string_view may_speak_tls = " before any reply; if the port speaks TLS, use --redis-tls";

/// Returns whether the first bytes of a connection are an alert of TLS.
constexpr bool is_tls_alert(std::string_view bytes) { return bytes.starts_with("\x15\x03"); }

/// Returns why the server closes a connection on which it has answered nothing yet: the error that waits in the socket, or an
/// empty string. Does not wait.
inline std::string last_words(int fd) {
    char bytes[2048];
    const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0) return {};
    const std::string_view text(bytes, static_cast<std::size_t>(count));
    if (is_tls_alert(text)) return std::string(speaks_tls);
    return text.starts_with('-') ? std::string(text.substr(1, text.find_first_of("\r\n") - 1)) : std::string();
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
