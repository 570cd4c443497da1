// Reads the lines of a file, plain or gzipped, complete or cut off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace slipsdev {

class LineReader {
public:
    /// "-" is standard input. A file that begins like a gzip archive is read as one; a file named *.gz must be one, unless
    /// it is empty. Throws EnvironmentError, which names the file, also for a device that is not a terminal; UsageError for
    /// other archives and files that are no text, with their format and the remedy. A byte order mark is not part of the
    /// first line.
    explicit LineReader(const std::string& path);

    /// Enough for any message of Slips: 16 MiB, in which every second byte may need a backslash. A limit is needed because
    /// a small archive may hold a line of gigabytes.
    static constexpr std::size_t longest_line = std::size_t{40} << 20;

    /// Reads the next line, without its line break; a line that is too long is empty. Returns false if there is none. Throws
    /// EnvironmentError if reading fails.
    bool next(std::string& line);

    /// Keeps the lines that are read from now on, until rewind() goes back to the first of them. For the beginning of a pipe,
    /// which cannot be opened twice.
    void keep() { keeps_ = true; }
    void rewind();

    /// Returns the reason if the line read last was longer than longest_line, else "".
    std::string too_long() const;

    const std::string& path() const { return path_; }
    std::size_t number() const { return number_; }  ///< of the line read last, from 1
    bool has_end() const { return has_end_; }       ///< that line ended with a line break

    /// At the end: returns why the archive is incomplete, "" if it is complete.
    const std::string& cut() const { return cut_; }

    /// Returns the bytes read of the file on disk; 0 if unknown.
    std::uintmax_t offset() const;

private:
    bool fill();

    struct Close {
        void operator()(gzFile_s* file) const;
    };
    std::string path_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::string buffer_{};  ///< read; not returned yet from at_ on
    std::size_t at_ = 0;
    std::size_t number_ = 0;
    bool has_end_ = true;
    bool ended_ = false;
    bool keeps_ = false;     ///< what was read stays in buffer_
    bool too_long_ = false;  ///< the line read last is, and its rest has not been read
    std::string cut_{};
};

/// Returns whether this is the name of a gzip archive.
bool is_gzip_name(const std::string& path);

}  // namespace slipsdev
