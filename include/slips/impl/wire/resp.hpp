// Redis' protocol as values: commands on their way out, replies as they came in. No I/O, no hiredis.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/database/port.hpp"
#include "slips/detail/number.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::wire {

using slips::Answer;

/// What Redis answered, or pushed to a subscriber. Refers to memory of the connection that read it.
struct Reply {
    using Kind = Answer::Kind;
    Kind kind = Kind::nil;          ///< which of the members below counts
    std::int64_t integer = 0;       ///< of an integer
    std::string_view text{};        ///< of a status, an error, a text
    const Reply* items = nullptr;   ///< of a list
    std::size_t size = 0;           ///< of a list: how many

    bool is_error() const { return kind == Kind::error; }              ///< Redis refused the command
    bool is_nil() const { return kind == Kind::nil; }                  ///< there is nothing of what was asked for
    /// The key holds something else than the command is for: so it stays, while other errors pass (loading, full…).
    bool is_wrong_type() const { return is_error() && text.starts_with("WRONGTYPE"); }
    const Reply& operator[](std::size_t i) const { return items[i]; }  ///< of a list; `i` below `size`
};

/// Why a command was sent: who takes its reply.
enum class Purpose : std::uint8_t {
    setup,          ///< AUTH, SELECT, CLIENT SETNAME: what fails is told
    client,         ///< who the connection is to Redis, and the end of those that broke
    learn,          ///< what an outsider must know of Slips: version, folders
    watch,          ///< is Slips over?
    profile,        ///< evidence, reading: is the profile known?
    width,          ///< evidence, reading: how wide are the profile's windows?
    max_level,      ///< evidence, reading: the attacker's highest threat level so far
    enrichment,     ///< evidence, reading: one fact about an address or a domain
    window,         ///< evidence, reading: what a window holds; in current only of which type it is
    queued,         ///< evidence, writing: a command within MULTI
    stored,         ///< evidence, writing: EXEC
    asked,          ///< evidence, after a reconnect: was it stored?
    score,          ///< evidence, after writing: scores in the cache
    time_to_live,   ///< EXPIRE … NX, HEXPIRE: an old server does not know them
    subscribers,    ///< bookkeeping: PUBSUB NUMSUB
    uid_count,      ///< bookkeeping: HINCRBY of a flow
    counter,        ///< bookkeeping: other counters
    analyzed        ///< bookkeeping: flows that all modules have seen
};

/// A word of a command in pieces, between which nothing stands.
template <std::size_t Count>
struct Pieces {
    std::string_view of[Count];  ///< in order
};

/// Commands of one connection that are not written yet, and for each command already given away, in order, what
/// its reply is for.
class Pipeline {
public:
    /// What the next reply, or the next few, are for.
    struct Awaited {
        Purpose purpose{};        ///< who takes them
        std::uint32_t index = 0;  ///< the sender's: which evidence, which channel…
        std::uint32_t times = 1;  ///< so many replies in a row are for the same
    };

    /// Appends a command; its reply will be for `purpose`.
    template <class... Words>
    void send(Purpose purpose, std::uint32_t index, const Words&... words) {
        begin(purpose, index, sizeof...(words));
        (word(words), ...);
    }

    /// What the next reply is for; null: none is awaited.
    const Awaited* next() const { return awaited_.empty() ? nullptr : &awaited_.front(); }

    /// Begins a command of `words` words, which follow by add().
    void begin(Purpose purpose, std::uint32_t index, std::size_t words) {
        head('*', words);
        if (!awaited_.empty() && awaited_.back().purpose == purpose && awaited_.back().index == index)
            ++awaited_.back().times;
        else awaited_.push_back({purpose, index, 1});
        ++outstanding_;
    }
    /// The next word of the command begun: text, or a whole number.
    template <class Word>
    void add(const Word& next) {
        word(next);
    }

    /// Appends a command that is answered otherwise, or not at all (SUBSCRIBE).
    template <class... Words>
    void send_unanswered(const Words&... words) {
        head('*', sizeof...(words));
        (word(words), ...);
    }

    /// What the next reply is for. Not to be called when nothing is awaited.
    Awaited take() {
        Awaited first = awaited_.front();
        if (--awaited_.front().times == 0) awaited_.pop_front();
        --outstanding_;
        return first;
    }

    std::size_t outstanding() const { return outstanding_; }  ///< replies awaited
    std::string& bytes() { return bytes_; }  ///< to write; the writer erases what it wrote
    const std::string& bytes() const { return bytes_; }       ///< to look at

    /// The connection is gone, and what was on its way with it.
    void reset() {
        bytes_.clear();
        awaited_.clear();
        outstanding_ = 0;
    }

private:
    static constexpr std::size_t longest_head = 24;

    /// Writes a mark, a number and the end of the line. Returns the end.
    static char* write_head(char* at, char mark, std::size_t number) {
        *at = mark;
        at = std::to_chars(at + 1, at + longest_head - 2, number).ptr;
        *at++ = '\r';
        *at++ = '\n';
        return at;
    }

    void head(char mark, std::size_t number) {
        char line[longest_head];  // whole, and appended once: g++ 12 takes more than that for an overlap
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

    /// Of a literal all is known when compiling.
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
    std::deque<Awaited> awaited_{};
    std::size_t outstanding_ = 0;
};

}  // namespace slips::inline SLIPS_SDK_ABI::wire
