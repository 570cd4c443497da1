// Signals and other threads' calls, as something that poll() can wait for.
#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A pipe to oneself. While it lives, SIGTERM and SIGINT write into it and SIGPIPE is ignored; what was set before
/// is restored afterwards. Signal handlers belong to a process: there can be one such pipe at a time, and its end
/// is the only thing the SDK keeps outside an object.
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

    /// Empties the pipe. The name of the last signal that came, or null.
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
    /// The same signal came twice: somebody is in a hurry. Ctrl-C and a parent's SIGTERM may both come of one stop.
    /// Both signals came: stop without waiting for messages, but store what there is.
    bool both() const { return interrupts_ > 0 && terminations_ > 0; }
    bool repeated() const { return interrupts_ > 1 || terminations_ > 1; }

private:
    static std::atomic<int>& signal_end() {
        static std::atomic<int> fd{-1};
        return fd;
    }
    static void write_byte(int fd, char byte) {
        if (fd >= 0 && ::write(fd, &byte, 1) < 0) return;  // a full pipe wakes as well
    }

    int fds_[2] = {-1, -1};
    int interrupts_ = 0;
    int terminations_ = 0;
    struct sigaction old_term_ {};
    struct sigaction old_int_ {};
    struct sigaction old_pipe_ {};
};

}  // namespace slips::inline SLIPS_SDK_ABI::detail
