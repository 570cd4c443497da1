#include "line_reader.hpp"

#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "errors.hpp"

namespace slipsdev {

bool is_gzip_name(const std::string& path) { return path.ends_with(".gz"); }

void LineReader::Close::operator()(gzFile_s* file) const { gzclose_r(file); }

LineReader::LineReader(const std::string& path) : path_(path == "-" ? "standard input" : path) {
    const auto fail = [&](const std::string& why) { throw EnvironmentError("cannot read " + path_ + ": " + why); };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail("it is a folder");
    errno = 0;
    file_.reset(path == "-" ? gzdopen(::dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rbe"));
    if (!file_) fail(errno == 0 ? "out of memory" : std::strerror(errno));
    fill();
    if (is_gzip_name(path) && !buffer_.empty() && gzdirect(file_.get()) != 0) fail("it is no gzip archive");
}

bool LineReader::fill() {
    if (ended_) return false;
    std::array<char, 65536> bytes;
    errno = 0;
    const int count = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    const int reason = errno;
    if (count > 0) {
        buffer_.erase(0, at_);
        at_ = 0;
        buffer_.append(bytes.data(), static_cast<std::size_t>(count));
        return true;
    }
    ended_ = true;
    int status = Z_OK;
    gzerror(file_.get(), &status);
    if (status == Z_ERRNO) {
        if (reason == EINTR) return false;  // the user asked to stop
        throw EnvironmentError("cannot read " + path_ + ": " + std::strerror(reason));
    }
    if (status == Z_BUF_ERROR) cut_ = "the gzip archive is cut off";
    else if (status != Z_OK && status != Z_STREAM_END) cut_ = "the gzip archive is damaged";
    return false;
}

bool LineReader::next(std::string& line) {
    std::size_t searched = at_;
    std::size_t end;
    while ((end = buffer_.find('\n', searched)) == std::string::npos) {
        const std::size_t unread = buffer_.size() - at_;
        if (!fill()) break;
        searched = at_ + unread;
    }
    if (end == std::string::npos && at_ == buffer_.size()) return false;
    has_end_ = end != std::string::npos;
    line.assign(buffer_, at_, (has_end_ ? end : buffer_.size()) - at_);
    at_ = has_end_ ? end + 1 : buffer_.size();
    ++number_;
    return true;
}

std::uintmax_t LineReader::offset() const {
    const z_off_t offset = gzoffset(file_.get());
    return offset > 0 ? static_cast<std::uintmax_t>(offset) : 0;
}

}  // namespace slipsdev
