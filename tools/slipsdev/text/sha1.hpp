// SHA-1, for the field `aid` of Slips' flows. Not for security.
#pragma once

#include <string>
#include <string_view>

namespace slipsdev {

/// Returns the digest in lower-case hexadecimal.
std::string sha1_hex(std::string_view data);

}  // namespace slipsdev
