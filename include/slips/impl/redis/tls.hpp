// TLS for connections to Redis, by OpenSSL and, for connections that wait, by hiredis' SSL library. Without SLIPS_SDK_TLS
// nothing can be encrypted, and Tls::trusting() reports that.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <sys/types.h>

#include "slips/version.hpp"

#ifdef SLIPS_SDK_TLS
#if !__has_include(<hiredis/hiredis_ssl.h>) || !__has_include(<openssl/ssl.h>)
// A missing file ends the compilation, so that this is the only error; #error does not.
#include "slips: SLIPS_SDK_TLS needs hiredis 1.0 or newer with its SSL library, and OpenSSL (Debian 13: libhiredis-dev, libssl-dev)"
#endif
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <system_error>
#include <utility>
#endif

struct redisContext;

namespace slips::inline SLIPS_SDK_ABI::redis {

#ifdef SLIPS_SDK_TLS

/// What the encrypted connections of a program trust. Read once: a file may be unreadable after root is dropped.
class Tls {
public:
    /// Trusts the certificates in a PEM file, of root or other CAs; the system's if `ca` is empty. Returns null and sets
    /// `error` if it fails.
    static std::shared_ptr<const Tls> trusting(const std::string& ca, std::string& error);

    /// Encrypts a blocking connection. Returns false and sets `error` if it fails. The server must prove that it is `host`.
    bool encrypt(redisContext& context, const std::string& host, std::string& error) const;

private:
    friend class TlsStream;
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    using SslPtr = std::unique_ptr<SSL, Free>;
    SslPtr session(const std::string& host) const;
    static std::string failure_of(const SSL& ssl, const std::string& host);

    std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
};

/// TLS on a connected, non-blocking socket. send() and recv() behave like those of the system, errno included.
class TlsStream {
public:
    /// The server must prove that it is `host`.
    TlsStream(const Tls& tls, std::string host, int fd) : host_(std::move(host)), ssl_(tls.session(host_)) {
        if (ssl_) SSL_set_fd(ssl_.get(), fd);
    }

    /// The state of the handshake; `failed`: see error().
    enum class Handshake { pending, done, failed };
    /// Continues the handshake as far as the socket allows. Then poll, see wants_to_write().
    Handshake shake_hands() {
        if (!ssl_) return fail("out of memory"), Handshake::failed;
        const int result = attempt([this] { return SSL_connect(ssl_.get()); });
        return result > 0 ? Handshake::done : errno == EAGAIN ? Handshake::pending : Handshake::failed;
    }
    /// Returns whether the handshake waits until the socket is writable, instead of readable.
    bool wants_to_write() const { return ssl_ && SSL_want_write(ssl_.get()); }

    /// Sends what the socket accepts, at least one byte. Returns how many; -1 sets errno, EAGAIN if it accepts none.
    ssize_t send(const char* bytes, std::size_t size) {
        return attempt([&] { return SSL_write(ssl_.get(), bytes, static_cast<int>(std::min(size, most_at_once))); });
    }
    /// Receives what has arrived, at most `size` bytes. Returns how many, 0 at the end; -1 sets errno, EAGAIN if there is none.
    ssize_t recv(char* bytes, std::size_t size);
    /// Returns whether recv() would return something although poll() does not report it: once recv() has reported the end or
    /// a failure, nothing.
    bool has_more() const {
        if (is_over_) return false;
        return has_failed_ || has_ended_ || (ssl_ && SSL_pending(ssl_.get()) > 0);
    }
    /// Returns why the handshake, send() or recv() failed.
    const std::string& error() const { return error_; }

private:
    static constexpr std::size_t most_at_once = 1 << 30;  // OpenSSL takes an int

    /// Calls OpenSSL. Returns what it returned if that is positive, 0 at the end of the stream, else -1 with errno.
    template <class Call>
    int attempt(Call&& call);
    void fail(std::string why) {
        has_failed_ = true;
        error_ = std::move(why);
    }

    std::string host_;
    Tls::SslPtr ssl_;
    std::string error_{};
    bool has_failed_ = false;
    bool has_ended_ = false;
    bool is_over_ = false;  ///< recv() has reported one of these
};

// ---------------------------------------------------------------------------------------------------------

inline std::shared_ptr<const Tls> Tls::trusting(const std::string& ca, std::string& error) {
    auto tls = std::make_shared<Tls>();
    SSL_CTX* const context = tls->context_.get();
    if (!context) {
        error = "--redis-tls: OpenSSL cannot be used: out of memory, or an invalid openssl.cnf";
        return nullptr;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    // Each certificate in the file is trusted, also one of an intermediate CA without its root.
    if (!ca.empty()) X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#ifdef SSL_OP_NO_RENEGOTIATION
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
#endif
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF  // Redis ends connections without ending TLS; a reply that is cut off is incomplete anyway
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    ERR_clear_error();
    if (ca.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                   : SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) == 1)
        return tls;
    ERR_clear_error();
    error = ca.empty() ? "--redis-tls: the system's certificates cannot be read; name a file with --redis-ca"
                       : "--redis-ca: '" + ca + "' is not a file with certificates (PEM) that can be read";
    return nullptr;
}

inline Tls::SslPtr Tls::session(const std::string& host) const {
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return nullptr;
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) != 1) {
        // The common name counts if the certificate has no name as subjectAltName, as Redis' own scripts make it.
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) != 1) return nullptr;
        std::string name = host;  // OpenSSL's macro takes no const text
        if (SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) != 1)
            return nullptr;
    }
    ERR_clear_error();
    return ssl;
}

/// To be called at once after a failure: it reads errno and OpenSSL's error queue.
inline std::string Tls::failure_of(const SSL& ssl, const std::string& host) {
    const int system_error = errno;
    const unsigned long last = ERR_peek_last_error();
    const long verdict = SSL_get_verify_result(&ssl);
    switch (verdict) {
        case X509_V_OK: break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the server's certificate is not for " + host +
                   "; set --redis-host to a name or an address in it, or add this one to it (subjectAltName)";
        case X509_V_ERR_CERT_HAS_EXPIRED: return "the server's certificate has expired; renew it";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the server's certificate is not valid yet; set the clock of this machine or of the one that issued "
                   "it";
        default:
            return "the server's certificate is not trusted (" + std::string(X509_verify_cert_error_string(verdict)) +
                   "); set --redis-ca to the certificate of the CA that issued it";
    }
    switch (last == 0 ? 0 : ERR_GET_REASON(last)) {
        case 0: break;
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return "the port does not speak TLS; use the server's tls-port, or omit --redis-tls";
#ifdef SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
#endif
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "the server requires a certificate of its clients, which modules do not have; set tls-auth-clients "
                   "no in "
                   "its configuration";
        default:
            const char* const reason = ERR_reason_error_string(last);
            return "TLS failed: " + std::string(reason ? reason : "unknown error");
    }
    if (system_error == EAGAIN || system_error == EWOULDBLOCK)
        return "no reply to the TLS handshake; use the server's tls-port, or omit --redis-tls";
    return system_error != 0 ? std::generic_category().message(system_error) : "the server closed the connection";
}

inline bool Tls::encrypt(redisContext& context, const std::string& host, std::string& error) const {
    SslPtr ssl = session(host);
    if (!ssl) {
        error = "out of memory";
        return false;
    }
    errno = 0;
    if (redisInitiateSSL(&context, ssl.get()) != REDIS_OK) {
        error = failure_of(*ssl, host);
        ERR_clear_error();
        return false;
    }
    ssl.release();  // hiredis frees it
    return true;
}

template <class Call>
int TlsStream::attempt(Call&& call) {
    if (has_failed_) return errno = EPROTO, -1;
    if (has_ended_) return 0;
    ERR_clear_error();
    errno = 0;
    const int result = call();
    if (result > 0) return result;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
        case SSL_ERROR_ZERO_RETURN: has_ended_ = true; return 0;
        default: break;
    }
    fail(Tls::failure_of(*ssl_, host_));
    ERR_clear_error();
    errno = EPROTO;
    return -1;
}

inline ssize_t TlsStream::recv(char* bytes, std::size_t size) {
    std::size_t received = 0;
    while (received < size) {
        const std::size_t left = std::min(size - received, most_at_once);
        const int count = attempt([&] { return SSL_read(ssl_.get(), bytes + received, static_cast<int>(left)); });
        if (count <= 0 && received == 0) {
            is_over_ = has_failed_ || has_ended_;
            return count;
        }
        if (count <= 0) break;  // the next call reports an end or a failure
        received += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(received);
}

#else

/// What the encrypted connections of a program trust. This program was built without TLS, so that there is none.
class Tls {
public:
    /// Returns null and sets `error`.
    static std::shared_ptr<const Tls> trusting(const std::string&, std::string& error) {
        error = "--redis-tls: this program was built without TLS; its author enables it by linking slips::tls "
                "(docs/building.md, "
                "\"Optional parts\"), which needs hiredis 1.0 with its SSL library and OpenSSL";
        return nullptr;
    }
    /// Returns false.
    bool encrypt(redisContext&, const std::string&, std::string&) const { return false; }
};

/// TLS on a socket. This program was built without TLS, so that there is none.
class TlsStream {
public:
    /// Not called.
    TlsStream(const Tls&, const std::string&, int) {}
    /// The state of the handshake.
    enum class Handshake { pending, done, failed };
    Handshake shake_hands() { return Handshake::failed; }  ///< returns `failed`
    bool wants_to_write() const { return false; }          ///< returns false
    ssize_t send(const char*, std::size_t) { return -1; }  ///< returns -1
    ssize_t recv(char*, std::size_t) { return -1; }        ///< returns -1
    bool has_more() const { return false; }                ///< returns false
    const std::string& error() const { return error_; }    ///< returns an empty text

private:
    std::string error_{};
};

#endif

}  // namespace slips::inline SLIPS_SDK_ABI::redis
