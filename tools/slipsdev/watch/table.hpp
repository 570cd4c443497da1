// The screen of slipsdev top, and the table of top --once, as lines of plain ASCII with styles. No input or output.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipsdev/watch/report.hpp"

namespace slipsdev {

enum class Style { plain, strong, faint, good, alarm, heading, selected };

/// A part of a line in one style.
struct Span {
    std::string text{};
    Style style = Style::plain;
};
using Line = std::vector<Span>;

/// What the user has chosen, and the size of the terminal.
struct View {
    std::size_t width = 80;
    std::size_t height = 0;  ///< 0: without a limit, and without what only a screen needs
    SortKey sort = SortKey::backlog;
    std::optional<std::string> selected{};  ///< the name of a module
    std::size_t first = 0;                  ///< row at the top of the list
    bool shows_help = false;
    std::string where{};    ///< the Redis
    std::string trouble{};  ///< why there is no report; empty: there is one
};

/// Returns the character of UTF-8 that begins there; empty if none does.
std::string_view character_at(std::string_view text, std::size_t at);
/// Returns text with only printable ASCII: other characters as "\x1b" or "\u4e2d". A name must not move the cursor, change
/// colours, or shift the columns.
std::string ascii(std::string_view text);
/// Returns at most `width` characters of it, with ".." at the end if it is longer.
std::string fitted(std::string_view text, std::size_t width);

/// Returns bytes as "980K", "45.2M", "1.3G", of 1024.
std::string bytes_text(std::uint64_t bytes);

/// Returns the lines, none longer than the width. With a height: exactly so many lines, and the list scrolls so that the
/// selected row is among them; `view.first` is then changed.
std::vector<Line> lines_of(const Report& report, View& view);

/// Returns the text of a line.
std::string text_of(const Line& line);

}  // namespace slipsdev
