// The connection between a module started by Slips (--managed) and the launcher, the Python file that started it.
//
// The connection is the program's standard input, a socket, with one JSON object in each line. The launcher sends
//   {"config": {section: {key: value}}, "slips": {…}}  the hello line: Slips' configuration and evidence format
//   {"check": 7, "problem": ""}                        why Slips cannot read evidence 7; empty: it can
// and the module sends
//   {"text": …, "verbose": 1, "debug": 0}              a line to print
//   {"check": 7, "evidence": {…}}                      evidence to be checked
//   {"receiving": 576}                                 while stopping: number of messages received, twice a second
// When the connection is closed, the launcher has ended.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "slips/detail/clock.hpp"
#include "slips/impl/wire/evidence_form.hpp"
#include "slips/impl/wire/json.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

class Launcher {
public:
    /// Takes over the connection from standard input, which is empty afterwards, and leaves the launcher's session, so that
    /// only the launcher gets Ctrl-C.
    Launcher();
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;
    ~Launcher() {
        if (fd_ >= 0) ::close(fd_);
    }

    // --- for poll() -----------------------------------------------------------------------------------------

    int fd() const { return fd_; }  ///< -1, which poll() ignores, once the launcher is gone
    short events() const { return static_cast<short>(POLLIN | (waiting_.empty() ? 0 : POLLOUT)); }
    void ready(short events);

    /// Returns whether the launcher closed the connection, or there was none.
    bool gone() const { return fd_ < 0; }

    // --- from the launcher ----------------------------------------------------------------------------------

    /// Returns whether the hello line has arrived, or never will.
    bool has_hello() const { return has_hello_ || gone(); }
    const std::string& hello() const { return hello_; }
    /// Sets the callback for replies to check(): the number, and why Slips cannot read the evidence; empty if it can.
    void on_checked(std::function<void(std::uint32_t number, std::string_view problem)> call) {
        checked_ = std::move(call);
    }

    /// Sets the callback that runs when the launcher closes the connection.
    void on_gone(std::function<void()> call) { gone_ = std::move(call); }

    // --- to the launcher ------------------------------------------------------------------------------------

    /// Returns false if standard input is not a socket, so that it was not the launcher that started the module but, for
    /// example, a shell; only the end of the input counts then.
    bool accepts_lines() const { return is_socket_; }

    /// Sends a line to print. Never blocks; while more than 1 MiB is waiting, lines are dropped and their number is printed.
    void print(std::string_view text, int verbose, int debug);

    /// Sends evidence, a JSON object, to be checked by Slips' own reader. Never blocks and never drops evidence.
    void check(std::uint32_t number, std::string_view evidence) {
        if (fd_ < 0) return;
        wire::ObjectWriter(waiting_).integer("check", number).raw("evidence", evidence).end();
        waiting_ += '\n';
        write();
    }

    /// Reports that messages still arrive although Slips has requested the stop: the launcher extends the module's time.
    void receiving(std::uint64_t messages) {
        if (fd_ < 0 || !is_socket_) return;
        wire::ObjectWriter(waiting_).integer("receiving", static_cast<std::int64_t>(messages)).end();
        waiting_ += '\n';
        write();
    }

    /// Waits until everything is written, at most until `until`.
    void flush(Clock::time_point until);

private:
    static constexpr std::size_t max_waiting = 1024 * 1024;
    static constexpr std::size_t max_text = 32 * 1024;
    static constexpr std::size_t max_hello = 16 * 1024 * 1024;

    void read();
    void handle(std::string_view line);
    void write();
    void append_line(std::string_view text, int verbose, int debug);
    void close() {
        ::close(std::exchange(fd_, -1));
        waiting_.clear();
        written_ = 0;
        if (gone_) gone_();
    }

    int fd_ = -1;
    bool is_socket_ = false;
    bool has_hello_ = false;
    std::string hello_{};
    std::string unread_{};  ///< an incomplete line
    std::function<void(std::uint32_t, std::string_view)> checked_{};
    std::function<void()> gone_{};
    std::string waiting_{};      ///< to be written
    std::size_t written_ = 0;    ///< bytes of waiting_ that are written
    std::uint64_t dropped_ = 0;  ///< lines
};

// ---------------------------------------------------------------------------------------------------------

inline Launcher::Launcher() {
    ::setsid();  // fails if the launcher has called it already
    fd_ = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    struct stat file {};
    is_socket_ = fd_ >= 0 && ::fstat(fd_, &file) == 0 && S_ISSOCK(file.st_mode);
    // The module's code and the processes it starts must not read or keep open the connection; and if there was none, no
    // other file must get its number.
    if (const int nothing = ::open("/dev/null", O_RDONLY); nothing >= 0) {
        ::dup2(nothing, STDIN_FILENO);
        if (nothing != STDIN_FILENO) ::close(nothing);
    }
}

inline void Launcher::ready(short events) {
    if (fd_ >= 0 && (events & ~POLLOUT) != 0) read();
    if (fd_ >= 0 && (events & POLLOUT) != 0) write();
}

inline void Launcher::read() {
    char bytes[16 * 1024];
    // one read for each event of poll(): a pipe or terminal is shared, so it must not be made non-blocking
    const ssize_t count = ::read(fd_, bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) return close();
    if (count < 0) return;
    const std::size_t before = unread_.size();
    unread_.append(bytes, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end = unread_.find('\n', before); end != std::string::npos; end = unread_.find('\n', begin)) {
        handle(std::string_view(unread_).substr(begin, end - begin));
        begin = end + 1;
    }
    unread_.erase(0, begin);
    if (unread_.size() > max_hello) has_hello_ = true, unread_.clear();
}

inline void Launcher::handle(std::string_view line) {
    if (!std::exchange(has_hello_, true)) {
        hello_ = line;
        return;
    }
    std::uint32_t number = 0;
    std::string problem;
    if (checked_ && wire::read_checked(line, number, problem)) checked_(number, problem);
}

inline void Launcher::write() {
    while (written_ < waiting_.size()) {
        const ssize_t count = ::send(fd_, waiting_.data() + written_, waiting_.size() - written_, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count < 0) return close();
        written_ += static_cast<std::size_t>(count);
    }
    waiting_.clear();
    written_ = 0;
    if (const auto dropped = std::exchange(dropped_, 0); dropped != 0)
        print(std::to_string(dropped) + " lines were dropped: they were printed faster than they were read", 0, 1);
}

inline void Launcher::print(std::string_view text, int verbose, int debug) {
    if (fd_ < 0 || !is_socket_) return;
    if (waiting_.size() - written_ > max_waiting) {
        ++dropped_;
        return;
    }
    if (written_ > max_waiting) waiting_.erase(0, std::exchange(written_, 0));
    if (text.size() <= max_text) {
        append_line(text, verbose, debug);
    } else {
        append_line(std::string(text.substr(0, max_text)) + "… (" + std::to_string(text.size() - max_text) +
                        " more bytes)",
                    verbose, debug);
    }
    write();
}

inline void Launcher::append_line(std::string_view text, int verbose, int debug) {
    wire::ObjectWriter(waiting_).text("text", text).integer("verbose", verbose).integer("debug", debug).end();
    waiting_ += '\n';
}

inline void Launcher::flush(Clock::time_point until) {
    while (fd_ >= 0 && !waiting_.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd connection{fd_, POLLOUT, 0};
        if (left <= 0 || ::poll(&connection, 1, static_cast<int>(std::min<long long>(left, 60'000))) == 0) return;
        write();
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
