// Preloaded into a program, shifts its clock by the seconds in the file that SLIPS_TEST_SHIFT names. Linux.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

long long shift() {
    const char* const file = std::getenv("SLIPS_TEST_SHIFT");
    const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
    char text[32]{};
    if (fd < 0 || ::read(fd, text, sizeof text - 1) < 0) text[0] = '\0';
    if (fd >= 0) ::close(fd);
    return std::atoll(text);
}

}  // namespace

extern "C" int clock_gettime(clockid_t id, timespec* time) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, id, time));
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) time->tv_sec += shift();
    return result;
}

extern "C" int gettimeofday(timeval* time, void*) noexcept {
    timespec now{};
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

extern "C" time_t time(time_t* result) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != nullptr) *result = now.tv_sec;
    return now.tv_sec;
}
