// SHA-1, for the one field of Slips' flows that is made with it (`aid`). Not for anything that must be secure.
#pragma once

#include <string>
#include <string_view>

namespace slipsdev {

/// The digest in lower-case hexadecimal.
std::string sha1_hex(std::string_view data);

}  // namespace slipsdev
