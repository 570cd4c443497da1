// File descriptors of pipes.
#pragma once

namespace slipsdev {

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

/// Opens a pipe, both ends of which are closed in programs started later. Throws EnvironmentError.
Pipe make_pipe();

/// Closes a descriptor, unless it is -1, and sets it to -1.
void close_descriptor(int& fd);

/// Closes every descriptor above standard error, except this one.
void close_all_but(int keep);

}  // namespace slipsdev
