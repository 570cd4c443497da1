// The lines of a file, plain or gzipped, from anywhere to its end or to where it was cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace slipsdev {

class LineReader {
public:
    /// "-" is standard input. What begins as a gzip archive is read as one; a file called *.gz has to be one, unless it
    /// is empty. Throws EnvironmentError, which names the file, also for a device that is no terminal.
    explicit LineReader(const std::string& path);

    /// No message of Slips is larger; its line is, where every second byte of 16 MiB has a backslash before it. A small
    /// archive may hold a line of gigabytes.
    static constexpr std::size_t longest_line = std::size_t{40} << 20;

    /// The next line, without its end; of one that is too long nothing. False: there is none. Throws EnvironmentError where
    /// reading fails.
    bool next(std::string& line);

    /// Why nothing of the line read last was handed out: it is longer than longest_line. Empty: it is not.
    std::string too_long() const;

    const std::string& path() const { return path_; }
    std::size_t number() const { return number_; }  ///< of the line read last, from 1
    bool has_end() const { return has_end_; }       ///< whether that line ended with a line break

    /// At the end: why the archive ends before its time. Empty: it does not.
    const std::string& cut() const { return cut_; }

    /// Bytes read of the file, as it lies on the disk; 0 where that cannot be told.
    std::uintmax_t offset() const;

private:
    bool fill();

    struct Close {
        void operator()(gzFile_s* file) const;
    };
    std::string path_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::string buffer_{};  ///< read, from at_ on not handed out
    std::size_t at_ = 0;
    std::size_t number_ = 0;
    bool has_end_ = true;
    bool ended_ = false;
    bool too_long_ = false;  ///< the line read last is, and the rest of it was not read yet
    std::string cut_{};
};

/// Is this the name of a gzip archive?
bool is_gzip_name(const std::string& path);

}  // namespace slipsdev
