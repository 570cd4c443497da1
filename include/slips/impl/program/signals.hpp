// Makes signals and wake-ups from other threads available to poll().
#pragma once

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "slips/impl/session/running_call.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A pipe that wakes the event loop. During its lifetime SIGTERM and SIGINT write to it and SIGPIPE is ignored; its
/// destructor restores the previous handlers. Signal handlers belong to the process, so only one such pipe can exist at a
/// time, and what its handlers use is the SDK's only global variable.
class WakePipe {
public:
    WakePipe() {
        if (::pipe(fds_) != 0) return;
        for (const int fd : fds_) {
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
            ::fcntl(fd, F_SETFL, O_NONBLOCK);
        }
        handled().received.store(0);
        handled().fd.store(fds_[1]);
        struct sigaction action {};
        action.sa_handler = [](int signal) {
            const int saved = errno;
            Handled& state = handled();
            write_byte(state.fd.load(), signal == SIGINT ? 'I' : 'T');
            const unsigned bit = signal == SIGINT ? 1 : 2;
            const bool repeated = (state.received.fetch_or(bit) & bit) != 0;
            if (const RunningCall* running = state.running.load())
                print_call(*running, state.prefix, std::chrono::milliseconds(repeated ? 0 : 1000));
            errno = saved;
        };
        ::sigaction(SIGTERM, &action, &old_term_);
        ::sigaction(SIGINT, &action, &old_int_);
        action.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &action, &old_pipe_);
    }
    WakePipe(const WakePipe&) = delete;
    WakePipe& operator=(const WakePipe&) = delete;
    ~WakePipe() {
        if (!good()) return;
        ::sigaction(SIGTERM, &old_term_, nullptr);
        ::sigaction(SIGINT, &old_int_, nullptr);
        ::sigaction(SIGPIPE, &old_pipe_, nullptr);
        handled().fd.store(-1);
        handled().running.store(nullptr);
        for (const int fd : fds_) ::close(fd);
    }

    bool good() const { return fds_[0] >= 0; }
    int fd() const { return fds_[0]; }
    void wake() const { write_byte(fds_[1], 'w'); }

    /// From now on a signal also reports, on stderr, which call has not returned for a second, and if the signal is
    /// repeated, which call runs: the loop does not run meanwhile, and whoever stops the module may kill it. `running`: null to
    /// end this. `prefix` begins the line.
    void name_calls(const RunningCall* running, const std::string& prefix = {}) {
        handled().running.store(nullptr);
        handled().prefix[prefix.copy(handled().prefix, sizeof Handled::prefix - 1)] = '\0';
        handled().running.store(running);
    }

    /// Empties the pipe. Returns the name of the last signal received, or null.
    const char* drain() {
        const char* signal = nullptr;
        char bytes[64];
        for (;;) {
            const ssize_t count = ::read(fds_[0], bytes, sizeof bytes);
            if (count <= 0) return signal;
            for (ssize_t i = 0; i < count; ++i) {
                if (bytes[i] == 'w') continue;
                signal = bytes[i] == 'I' ? "SIGINT" : "SIGTERM";
                ++(bytes[i] == 'I' ? interrupts_ : terminations_);
            }
        }
    }
    /// Returns whether both signals were received: stop without waiting for messages, but store accepted evidence.
    bool both() const { return interrupts_ > 0 && terminations_ > 0; }
    /// Returns whether the same signal was received twice: stop now. Both signals once may belong to a single stop: Ctrl-C
    /// and SIGTERM from the parent.
    bool repeated() const { return interrupts_ > 1 || terminations_ > 1; }

private:
    /// What the signal handlers use.
    struct Handled {
        std::atomic<int> fd{-1};
        std::atomic<unsigned> received{0};  ///< a bit for each signal
        std::atomic<const RunningCall*> running{nullptr};
        char prefix[64]{};
    };
    static_assert(std::atomic<int>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free &&
                      std::atomic<const RunningCall*>::is_always_lock_free,
                  "slips: signal handlers need lock-free atomics");
    static Handled& handled() {
        static constinit Handled state;  // without the guard of a static that is initialised at run time
        return state;
    }
    static void print_call(const RunningCall& running, const char* prefix, std::chrono::milliseconds patience) {
        char line[256];
        const std::size_t before = std::min(std::strlen(prefix), sizeof line);
        std::memcpy(line, prefix, before);
        std::size_t size = running.describe(line, before, patience);
        if (size == before) return;
        size = std::min(size, sizeof line - 1);
        line[size++] = '\n';
        pollfd err{STDERR_FILENO, POLLOUT, 0};  // a terminal that was stopped, or a full pipe, would hold up the stop
        if (::poll(&err, 1, 0) != 1 || (err.revents & POLLOUT) == 0) return;
        if (::write(STDERR_FILENO, line, size) < 0) return;  // nobody to report it to
    }
    static void write_byte(int fd, char byte) {
        if (fd >= 0 && ::write(fd, &byte, 1) < 0) return;  // a full pipe also wakes the loop
    }

    int fds_[2] = {-1, -1};
    int interrupts_ = 0;
    int terminations_ = 0;
    struct sigaction old_term_ {};
    struct sigaction old_int_ {};
    struct sigaction old_pipe_ {};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
