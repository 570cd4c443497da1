// Writes a recording so that all its whole lines can be read, however the program ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace slipsdev {

class CaptureWriter {
public:
    /// Creates the file, gzipped if its name ends with .gz. Throws UsageError if it exists already or cannot be created.
    explicit CaptureWriter(const std::string& path);
    ~CaptureWriter();
    CaptureWriter(const CaptureWriter&) = delete;
    CaptureWriter& operator=(const CaptureWriter&) = delete;

    /// `line` ends with a line break.
    void add(const std::string& line) { waiting_ += line; }

    /// Writes the added lines; to an archive once a second at most, because each flush reduces compression. Throws
    /// EnvironmentError if the disk is full: the file then ends with its last whole line.
    void flush();

    /// Ends the file. Throws EnvironmentError as flush() does.
    void close();

private:
    void write_plain();
    [[noreturn]] void fail(int reason);

    struct Close {
        void operator()(gzFile_s* file) const;
    };
    std::string path_;
    int fd_ = -1;
    std::unique_ptr<gzFile_s, Close> archive_{};
    std::string waiting_{};
    std::uintmax_t whole_bytes_ = 0;  ///< of a plain file: up to its last whole line
    bool is_synced_ = true;
    std::chrono::steady_clock::time_point last_sync_{};
};

}  // namespace slipsdev
