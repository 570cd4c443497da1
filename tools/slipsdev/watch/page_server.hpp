// Serves one page over HTTP on the loopback: enough for Prometheus. Neither a slow client nor many of them block it.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <string_view>

namespace slipsdev {

/// Returns the reply to a request, or "" while the request is incomplete. `page` is called if the request asks for it.
std::string http_reply(std::string_view request, const std::function<std::string()>& page);

class PageServer {
public:
    static constexpr std::size_t longest_request = 8192;
    static constexpr std::size_t most_clients = 64;       ///< more wait until one has been served
    static constexpr std::chrono::seconds time_limit{5};  ///< for a client to send its request and to read the reply

    /// Listens on this port of 127.0.0.1; 0: a free one. Throws EnvironmentError.
    PageServer(int port, std::function<std::string()> page);
    ~PageServer();
    PageServer(const PageServer&) = delete;
    PageServer& operator=(const PageServer&) = delete;

    int port() const { return port_; }
    /// Serves clients for this time, or until a signal arrives.
    void serve(std::chrono::milliseconds time);

private:
    using Clock = std::chrono::steady_clock;

    struct Client {
        int socket = -1;
        std::string request{};
        std::string reply{};
        std::size_t sent = 0;
        bool ends = false;  ///< everything was sent: waits for the client's end
        Clock::time_point until{};
    };

    void accept_clients();
    /// Returns false if the connection is to be closed.
    bool read_request(Client& client);
    bool send_reply(Client& client);

    std::function<std::string()> page_;
    int socket_ = -1;
    int port_ = 0;
    std::list<Client> clients_{};
};

}  // namespace slipsdev
