// Redis' protocol: commands that are to be sent, and replies. No I/O, no hiredis.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/detail/clock.hpp"
#include "slips/detail/number.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

using slips::Answer;

/// A reply of Redis, or a message to a subscriber. Refers to memory of the connection that has read it.
struct Reply {
    using Kind = Answer::Kind;     ///< the same types
    Kind kind = Kind::nil;         ///< which of the members below is valid
    std::int64_t integer = 0;      ///< of an integer
    std::string_view text{};       ///< of a status, an error, a text
    const Reply* items = nullptr;  ///< of a list
    std::size_t size = 0;          ///< of a list: number of items

    bool is_error() const { return kind == Kind::error; }  ///< Redis refused the command
    bool is_nil() const { return kind == Kind::nil; }      ///< the key or field does not exist
    /// Returns whether the key has another type than the command expects. This error is permanent; others may be temporary.
    bool is_wrong_type() const { return is_error() && text.starts_with("WRONGTYPE"); }
    const Reply& operator[](std::size_t i) const { return items[i]; }  ///< of a list; `i` below `size`
};

/// Receives the replies to commands. Must outlive the pipelines that hold its commands.
class ReplyHandler {
public:
    /// Handles one reply. `tag` and `index` are those of its command, see ReplyTo.
    virtual void reply(std::uint8_t tag, std::uint32_t index, const Reply& reply, Clock::time_point now) = 0;

protected:
    ~ReplyHandler() = default;
};

/// Where the reply to a command goes.
struct ReplyTo {
    /// For handlers that send one kind of command.
    ReplyTo(ReplyHandler& to) : handler(&to) {}  // NOLINT(google-explicit-constructor)
    /// `which` is an enumerator of the handler's own.
    template <class Tag>
    requires std::is_enum_v<Tag> ReplyTo(ReplyHandler& to, Tag which, std::size_t at = 0)
        : handler(&to), index(static_cast<std::uint32_t>(at)), tag(static_cast<std::uint8_t>(which)) {}

    bool operator==(const ReplyTo&) const = default;  ///< the same handler, tag and index

    ReplyHandler* handler;    ///< receives the reply
    std::uint32_t index = 0;  ///< the handler's own: which evidence, which channel…
    std::uint8_t tag = 0;     ///< the handler's own: which command
};

/// A word of a command, as pieces to be joined.
template <std::size_t Count>
struct Pieces {
    std::string_view of[Count];  ///< in order
};

/// Commands of one connection that are not written yet, and, in order, where the replies to all commands without one go.
class Pipeline {
public:
    /// Appends a command.
    template <class... Words>
    void send(ReplyTo to, const Words&... words) {
        begin(to, sizeof...(words));
        (word(words), ...);
    }

    /// Begins a command of `words` words, which follow by add().
    void begin(ReplyTo to, std::size_t words) {
        head('*', words);
        if (!awaited_.empty() && awaited_.back().to == to) ++awaited_.back().times;
        else awaited_.push_back({to, 1});
        ++outstanding_;
    }
    /// Appends the next word of the command that was begun: text or a whole number.
    template <class Word>
    void add(const Word& next) {
        word(next);
    }

    /// Appends a command that has no reply of its own (SUBSCRIBE).
    template <class... Words>
    void send_unanswered(const Words&... words) {
        head('*', sizeof...(words));
        (word(words), ...);
    }

    /// Passes a reply to the handler of the oldest command without one. Ignores it if there is no such command.
    void dispatch(const Reply& reply, Clock::time_point now) {
        if (outstanding_ == 0) return;
        const ReplyTo to = awaited_.front().to;
        if (--awaited_.front().times == 0) awaited_.pop_front();
        --outstanding_;
        to.handler->reply(to.tag, to.index, reply, now);
    }

    /// Returns whether the next reply goes to `handler`.
    bool is_next(const ReplyHandler& handler) const {
        return outstanding_ != 0 && awaited_.front().to.handler == &handler;
    }

    std::size_t outstanding() const { return outstanding_; }  ///< commands without a reply
    std::string& bytes() { return bytes_; }                   ///< to write; the writer erases what it has written
    const std::string& bytes() const { return bytes_; }       ///< not written yet

    /// Drops all commands and replies: the connection is lost.
    void reset() {
        bytes_.clear();
        awaited_.clear();
        outstanding_ = 0;
    }

private:
    /// Consecutive commands whose replies go to the same place.
    struct Run {
        ReplyTo to;
        std::uint32_t times;
    };

    static constexpr std::size_t longest_head = 24;

    /// Writes a mark, a number and a line end. Returns the end.
    static char* write_head(char* at, char mark, std::size_t number) {
        *at = mark;
        at = std::to_chars(at + 1, at + longest_head - 2, number).ptr;
        *at++ = '\r';
        *at++ = '\n';
        return at;
    }

    void head(char mark, std::size_t number) {
        char line[longest_head];  // appended in one piece: otherwise g++ 12 warns of an overlap
        bytes_.append(line, static_cast<std::size_t>(write_head(line, mark, number) - line));
    }

    void word(std::string_view text) {
        constexpr std::size_t small = 64;
        if (char whole[longest_head + small + 2]; text.size() <= small) {
            char* at = write_head(whole, '$', text.size());
            at += text.copy(at, text.size());
            *at++ = '\r';
            *at++ = '\n';
            bytes_.append(whole, static_cast<std::size_t>(at - whole));
            return;
        }
        word(Pieces<1>{{text}});
    }

    /// The head of a literal is known at compile time.
    template <std::size_t Size>
    void word(const char (&text)[Size]) {
        constexpr std::size_t length = Size - 1;
        if constexpr (length >= 100) return word(std::string_view(text, length));
        char whole[length + 8];
        char* at = whole;
        *at++ = '$';
        if constexpr (length >= 10) *at++ = static_cast<char>('0' + length / 10);
        *at++ = static_cast<char>('0' + length % 10);
        *at++ = '\r', *at++ = '\n';
        std::memcpy(at, text, length);
        at += length;
        *at++ = '\r', *at++ = '\n';
        bytes_.append(whole, static_cast<std::size_t>(at - whole));
    }

    template <std::size_t Count>
    void word(const Pieces<Count>& text) {
        std::size_t size = 0;
        for (const std::string_view piece : text.of) size += piece.size();
        head('$', size);
        for (const std::string_view piece : text.of) bytes_.append(piece);
        bytes_.append("\r\n", 2);
    }

    template <std::integral Number>
    void word(Number number) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        word(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    }

    void word(double number) { word(python_repr(number)); }

    std::string bytes_{};
    std::deque<Run> awaited_{};
    std::size_t outstanding_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::wire
