#include "slipsdev/recordings/capture_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "slipsdev/program/errors.hpp"
#include "slipsdev/recordings/line_reader.hpp"

namespace slipsdev {

void CaptureWriter::Close::operator()(gzFile_s* file) const { gzclose_w(file); }

CaptureWriter::CaptureWriter(const std::string& path) : path_(path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) throw UsageError("--output: " + path + " is a folder; give a file");
    // A pipe or a device exists already; a recording is not overwritten.
    const bool is_special = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
    fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | (is_special ? 0 : O_CREAT | O_EXCL), 0666);
    struct stat opened {};  // it may have been replaced by a file meanwhile
    if (is_special && fd_ >= 0 && ::fstat(fd_, &opened) == 0 && S_ISREG(opened.st_mode)) {
        ::close(fd_);
        fd_ = -1;
        errno = EEXIST;
    }
    if (fd_ < 0 && errno == EEXIST)
        throw UsageError("--output: " + path + " exists already; give another file, or remove it");
    if (fd_ < 0) throw UsageError("--output: cannot create " + path + ": " + std::strerror(errno));
    if (!is_gzip_name(path)) return;
    archive_.reset(gzdopen(fd_, "wb"));
    if (!archive_) throw EnvironmentError("cannot write " + path + ": out of memory");
}

CaptureWriter::~CaptureWriter() {
    if (fd_ >= 0 && !archive_) ::close(fd_);
}

void CaptureWriter::fail(int reason) {
    waiting_.clear();
    throw EnvironmentError("cannot write " + path_ + ": " + std::strerror(reason) +
                           "; it holds the messages recorded until then");
}

void CaptureWriter::write_plain() {
    std::size_t written = 0;
    while (written < waiting_.size()) {
        const ssize_t count = ::write(fd_, waiting_.data() + written, waiting_.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int reason = count == 0 ? ENOSPC : errno;
            // Removes the incomplete line.
            const std::size_t whole = written == 0 ? std::string::npos : waiting_.rfind('\n', written - 1);
            if (whole != std::string::npos) whole_bytes_ += whole + 1;
            if (::ftruncate(fd_, static_cast<off_t>(whole_bytes_)) != 0) errno = 0;  // a pipe, a device
            fail(reason);
        }
        written += static_cast<std::size_t>(count);
    }
    whole_bytes_ += waiting_.size();
}

void CaptureWriter::flush() {
    if (!archive_) {
        write_plain();
        waiting_.clear();
        return;
    }
    using Clock = std::chrono::steady_clock;
    const auto broken = [this] {
        const int reason = errno == 0 ? EIO : errno;
        fail(reason);
    };
    errno = 0;
    if (!waiting_.empty()) {
        if (gzfwrite(waiting_.data(), 1, waiting_.size(), archive_.get()) != waiting_.size()) broken();
        waiting_.clear();
        is_synced_ = false;
    }
    if (is_synced_ || Clock::now() - last_sync_ < std::chrono::seconds(1)) return;
    if (gzflush(archive_.get(), Z_SYNC_FLUSH) != Z_OK) broken();
    is_synced_ = true;
    last_sync_ = Clock::now();
}

void CaptureWriter::close() {
    flush();
    errno = 0;
    const int status = archive_ ? gzclose_w(archive_.release()) : ::close(fd_);
    fd_ = -1;
    if (status != 0) fail(errno == 0 ? EIO : errno);
}

}  // namespace slipsdev
