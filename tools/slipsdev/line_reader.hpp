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
    /// is empty. Throws EnvironmentError, which names the file.
    explicit LineReader(const std::string& path);

    /// The next line, without its end. False: there is none. Throws EnvironmentError where reading fails.
    bool next(std::string& line);

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
    std::string cut_{};
};

/// Is this the name of a gzip archive?
bool is_gzip_name(const std::string& path);

}  // namespace slipsdev
