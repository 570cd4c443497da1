// A recording on its way to the disk, of which every whole line can be read, whatever happens next.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct gzFile_s;

namespace slipsdev {

class CaptureWriter {
public:
    /// Makes the file; gzipped when it is called *.gz. Throws UsageError when it is there already, or cannot be made.
    explicit CaptureWriter(const std::string& path);
    ~CaptureWriter();
    CaptureWriter(const CaptureWriter&) = delete;
    CaptureWriter& operator=(const CaptureWriter&) = delete;

    /// `line` ends with a line break.
    void add(const std::string& line) { waiting_ += line; }

    /// Brings what was added to the system; of an archive once a second at most, because each time costs compression.
    /// Throws EnvironmentError where the disk is full: then the file ends with its last whole line.
    void flush();

    /// The end of the file. Throws EnvironmentError as flush() does.
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
