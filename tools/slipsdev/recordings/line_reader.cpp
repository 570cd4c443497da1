#include "slipsdev/recordings/line_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "slipsdev/program/errors.hpp"

namespace slipsdev {
namespace {

/// A format that is not read, by its first bytes.
struct Format {
    std::string_view begin;
    std::string_view name;
    std::string_view remedy;
};
using namespace std::string_view_literals;
constexpr std::array<Format, 13> other_formats{{
    {"\xfd"
     "7zXZ\0"sv,
     "an .xz archive", "pipe it in: xz -dc FILE | slipsdev ... -"},
    {"\x28\xb5\x2f\xfd"sv, "a .zst archive", "pipe it in: zstd -dc FILE | slipsdev ... -"},
    {"BZh"sv, "a .bz2 archive", "pipe it in: bzip2 -dc FILE | slipsdev ... -"},
    {"\x04\x22\x4d\x18"sv, "an .lz4 archive", "pipe it in: lz4 -dc FILE | slipsdev ... -"},
    {"PK\x03\x04"sv, "a .zip archive", "unpack it first"},
    {"7z\xbc\xaf\x27\x1c"sv, "a .7z archive", "unpack it first"},
    {"\xd4\xc3\xb2\xa1"sv, "a capture of packets", "run Zeek on it first: zeek -r FILE"},
    {"\xa1\xb2\xc3\xd4"sv, "a capture of packets", "run Zeek on it first: zeek -r FILE"},
    {"\x4d\x3c\xb2\xa1"sv, "a capture of packets", "run Zeek on it first: zeek -r FILE"},
    {"\x0a\x0d\x0d\x0a"sv, "a capture of packets", "run Zeek on it first: zeek -r FILE"},
    {"\x7f"
     "ELF"sv,
     "a program", "give a log or a recording"},
    {"\xff\xfe"sv, "text in UTF-16", "pipe it in: iconv -f UTF-16 -t UTF-8 FILE | slipsdev ... -"},
    {"\xfe\xff"sv, "text in UTF-16", "pipe it in: iconv -f UTF-16 -t UTF-8 FILE | slipsdev ... -"},
}};

}  // namespace

bool is_gzip_name(const std::string& path) { return path.ends_with(".gz"); }

void LineReader::Close::operator()(gzFile_s* file) const { gzclose_r(file); }

LineReader::LineReader(const std::string& path) : path_(path == "-" ? "standard input" : path) {
    const auto fail = [&](const std::string& why) { throw EnvironmentError("cannot read " + path_ + ": " + why); };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) fail("it is a folder");
    errno = 0;
    const int fd = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(std::strerror(errno));
    file_.reset(gzdopen(fd, "rb"));
    if (!file_) {
        ::close(fd);
        fail("out of memory");
    }
    fill();
    for (const Format& format : other_formats) {
        if (std::string_view(buffer_).starts_with(format.begin))
            throw UsageError(path_ + " is " + std::string(format.name) + ", which slipsdev does not read; " +
                             std::string(format.remedy));
    }
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors write it before UTF-8
    if (buffer_.starts_with(byte_order_mark)) buffer_.erase(0, byte_order_mark.size());
    struct stat found {};  // /dev/zero and the like never end; /dev/null is an empty file
    const bool is_device = ::fstat(fd, &found) == 0 && (S_ISCHR(found.st_mode) || S_ISBLK(found.st_mode));
    if (is_device && !buffer_.empty() && ::isatty(fd) == 0) fail("it is a device; give a file or a pipe");
    if (is_gzip_name(path) && !buffer_.empty() && gzdirect(file_.get()) != 0) fail("it is not a gzip archive");
}

bool LineReader::fill() {
    if (ended_) return false;
    std::array<char, 65536> bytes;
    errno = 0;
    const int count = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    const int reason = errno;
    if (count > 0) {
        if (!keeps_) buffer_.erase(0, std::exchange(at_, 0));
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
    line.clear();
    bool rest = std::exchange(too_long_, false);  // to be skipped
    for (std::size_t searched = at_;;) {
        const std::size_t end = buffer_.find('\n', searched);
        const bool is_found = end != std::string::npos;
        const std::size_t unread = (is_found ? end : buffer_.size()) - at_;
        if (!rest && unread > longest_line) {
            too_long_ = true;
            has_end_ = true;
            ++number_;
            return true;
        }
        if (is_found) {
            if (!rest) line.assign(buffer_, at_, unread);
            searched = at_ = end + 1;
            if (std::exchange(rest, false)) continue;
            has_end_ = true;
            ++number_;
            return true;
        }
        if (rest) at_ = buffer_.size();
        if (fill()) {
            searched = rest ? at_ : at_ + unread;  // fill() may have moved the unread bytes to the front
            continue;
        }
        if (at_ == buffer_.size()) return false;
        line.assign(buffer_, at_);
        at_ = buffer_.size();
        has_end_ = false;
        ++number_;
        return true;
    }
}

void LineReader::rewind() {
    at_ = number_ = 0;
    keeps_ = too_long_ = false;
    has_end_ = true;
}

std::string LineReader::too_long() const {
    if (!too_long_) return "";
    return "longer than " + std::to_string(longest_line >> 20) + " MiB, which no message and no line of a log is";
}

std::uintmax_t LineReader::offset() const {
    const z_off_t offset = gzoffset(file_.get());
    return offset > 0 ? static_cast<std::uintmax_t>(offset) : 0;
}

}  // namespace slipsdev
