// Makes signals and wake-ups from other threads available to poll().
#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A pipe that wakes the event loop. During its lifetime SIGTERM and SIGINT write to it and SIGPIPE is ignored; its
/// destructor restores the previous handlers. Signal handlers belong to the process, so only one such pipe can exist at a
/// time, and its write end is the SDK's only global variable.
class WakePipe {
public:
    WakePipe() {
        if (::pipe(fds_) != 0) return;
        for (const int fd : fds_) {
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
            ::fcntl(fd, F_SETFL, O_NONBLOCK);
        }
        signal_end().store(fds_[1]);
        struct sigaction action {};
        action.sa_handler = [](int signal) {
            const int saved = errno;
            write_byte(signal_end().load(), signal == SIGINT ? 'I' : 'T');
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
        signal_end().store(-1);
        for (const int fd : fds_) ::close(fd);
    }

    bool good() const { return fds_[0] >= 0; }
    int fd() const { return fds_[0]; }
    void wake() const { write_byte(fds_[1], 'w'); }

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
    static std::atomic<int>& signal_end() {
        static std::atomic<int> fd{-1};
        return fd;
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
