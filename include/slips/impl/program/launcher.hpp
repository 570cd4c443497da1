// The launcher's line: what connects a module that Slips started (--managed) with the Python file that did it.
//
// The line is the program's standard input, a socket, with one JSON object a line. Down comes
//   {"config": {section: {key: value}}, "slips": {…}}  first: Slips' configuration, and what its evidence looks like
//   {"check": 7, "problem": ""}                        whether Slips can read an evidence; why not
// and up go
//   {"text": …, "verbose": 1, "debug": 0}              a line to print
//   {"check": 7, "evidence": {…}}                      an evidence, to be looked at
//   {"receiving": 576}                                 after the stop: how many messages have come by now, twice a second
// Its end is the launcher's end.
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
    /// Takes the line over from standard input, which reads as empty afterwards, and leaves the launcher's session, so
    /// that Ctrl-C reaches the launcher alone.
    Launcher();
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;
    ~Launcher() {
        if (fd_ >= 0) ::close(fd_);
    }

    // --- for poll() -----------------------------------------------------------------------------------------

    int fd() const { return fd_; }  ///< -1, which poll() passes over, once the launcher is gone
    short events() const { return static_cast<short>(POLLIN | (waiting_.empty() ? 0 : POLLOUT)); }
    void ready(short events);

    /// The other end was closed, or there was none.
    bool gone() const { return fd_ < 0; }

    // --- what comes down ------------------------------------------------------------------------------------

    /// The line that comes first is here, or none will be.
    bool greeted() const { return greeted_ || gone(); }
    const std::string& greeting() const { return greeting_; }
    /// Gets the answers to check(): its number, and why Slips cannot read the evidence; empty: it can.
    void on_checked(std::function<void(std::uint32_t number, std::string_view problem)> take) { checked_ = std::move(take); }

    /// Runs when the other end is closed.
    void on_gone(std::function<void()> run) { gone_ = std::move(run); }

    // --- what goes up ---------------------------------------------------------------------------------------

    /// Started by something else than the launcher, a shell's pipe, say: the line only tells the end.
    bool takes_frames() const { return is_socket_; }

    /// Never waits. When nobody reads, a megabyte is kept; what is printed beyond it is left out, and that is told.
    void print(std::string_view text, int verbose, int debug);

    /// Lets Slips' own reader look at an evidence, a JSON object. Never waits, and leaves none out.
    void check(std::uint32_t number, std::string_view evidence) {
        if (fd_ < 0) return;
        wire::ObjectWriter(waiting_).integer("check", number).raw("evidence", evidence).end();
        waiting_ += '\n';
        write();
    }

    /// Slips has asked to stop, but messages still come: the launcher gives the module more time.
    void receiving(std::uint64_t messages) {
        if (fd_ < 0 || !is_socket_) return;
        wire::ObjectWriter(waiting_).integer("receiving", static_cast<std::int64_t>(messages)).end();
        waiting_ += '\n';
        write();
    }

    /// Waits until everything is written, at most until then.
    void flush(Clock::time_point until);

private:
    static constexpr std::size_t most_waiting = 1024 * 1024;
    static constexpr std::size_t longest_text = 32 * 1024;
    static constexpr std::size_t longest_greeting = 16 * 1024 * 1024;

    void read();
    void take(std::string_view line);
    void write();
    void frame(std::string_view text, int verbose, int debug);
    void hang_up() {
        ::close(std::exchange(fd_, -1));
        waiting_.clear();
        written_ = 0;
        if (gone_) gone_();
    }

    int fd_ = -1;
    bool is_socket_ = false;
    bool greeted_ = false;
    std::string greeting_{};
    std::string unread_{};          ///< the beginning of a line
    std::function<void(std::uint32_t, std::string_view)> checked_{};
    std::function<void()> gone_{};
    std::string waiting_{};         ///< to be written
    std::size_t written_ = 0;       ///< of it
    std::uint64_t left_out_ = 0;
};

// ---------------------------------------------------------------------------------------------------------

inline Launcher::Launcher() {
    ::setsid();  // fails where the launcher has done it already
    fd_ = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    struct stat file {};
    is_socket_ = fd_ >= 0 && ::fstat(fd_, &file) == 0 && S_ISSOCK(file.st_mode);
    // The author's code and the processes it starts shall neither read nor hold the line. Where there was none, its
    // number must not become something else's.
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
    // one read for each time poll() saw something: what is no socket must not be made non-blocking, others share it
    const ssize_t count = ::read(fd_, bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) return hang_up();
    if (count < 0) return;
    const std::size_t before = unread_.size();
    unread_.append(bytes, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end = unread_.find('\n', before); end != std::string::npos; end = unread_.find('\n', begin)) {
        take(std::string_view(unread_).substr(begin, end - begin));
        begin = end + 1;
    }
    unread_.erase(0, begin);
    if (unread_.size() > longest_greeting) greeted_ = true, unread_.clear();
}

inline void Launcher::take(std::string_view line) {
    if (!std::exchange(greeted_, true)) {
        greeting_ = line;
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
        if (count < 0) return hang_up();
        written_ += static_cast<std::size_t>(count);
    }
    waiting_.clear();
    written_ = 0;
    if (const auto left_out = std::exchange(left_out_, 0); left_out != 0)
        print(std::to_string(left_out) + " lines were left out: they were not read as fast as they were printed", 0, 1);
}

inline void Launcher::print(std::string_view text, int verbose, int debug) {
    if (fd_ < 0 || !is_socket_) return;
    if (waiting_.size() - written_ > most_waiting) {
        ++left_out_;
        return;
    }
    if (written_ > most_waiting) waiting_.erase(0, std::exchange(written_, 0));
    if (text.size() <= longest_text) {
        frame(text, verbose, debug);
    } else {
        frame(std::string(text.substr(0, longest_text)) + "… (" + std::to_string(text.size() - longest_text) +
                  " more bytes)",
              verbose, debug);
    }
    write();
}

inline void Launcher::frame(std::string_view text, int verbose, int debug) {
    wire::ObjectWriter(waiting_).text("text", text).integer("verbose", verbose).integer("debug", debug).end();
    waiting_ += '\n';
}

inline void Launcher::flush(Clock::time_point until) {
    while (fd_ >= 0 && !waiting_.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd line{fd_, POLLOUT, 0};
        if (left <= 0 || ::poll(&line, 1, static_cast<int>(std::min<long long>(left, 60'000))) == 0) return;
        write();
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
