// Parses replies from a byte stream with hiredis, into memory that is reused: no allocation per message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slips/impl/redis/hiredis.hpp"
#include "slips/impl/wire/resp.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::redis {

/// Call feed() with what a socket returned, then next() until there is no reply left.
class Reader {
public:
    Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Bytes for feed() at once. hiredis moves the rest of its buffer after each kilobyte it has parsed: this costs least.
    static constexpr std::size_t chunk = 2 * 1024;

    /// Returns false if memory is short or the stream is broken.
    bool feed(const char* bytes, std::size_t size) {
        return reader_ && redisReaderFeed(reader_.get(), bytes, size) == REDIS_OK;
    }

    /// What next() has found: a complete reply, none before more is fed, or a broken stream.
    enum class Next { reply, none, broken };

    /// Sets `reply` to the next complete one; it and its texts are valid until the next call. `broken`: see error().
    Next next(const wire::Reply*& reply);

    /// Returns why the stream is broken, or an empty string.
    std::string error() const { return reader_ ? std::string(reader_->errstr) : "out of memory"; }

private:
    /// Where a reply's text or items are: memory may move until the reply is complete.
    struct Place {
        std::size_t at = 0;  ///< of a text: its place in text_; of a list: its first item's place in replies_
        std::size_t length = 0;
    };

    /// hiredis calls these instead of allocating objects: they append to replies_ and text_. What hiredis takes for a pointer
    /// to an object is its index plus one.
    static void* make_text(const redisReadTask* task, char* text, std::size_t length);
    static void* make_list(const redisReadTask* task, std::size_t size);
    static void* make_integer(const redisReadTask* task, long long value);
    static void* make_nil(const redisReadTask* task);
    std::size_t slot(const redisReadTask* task);

    static constexpr std::size_t longest_list = 1 << 20;
    static constexpr std::size_t keep = 1 << 20;        ///< bytes; more are released after a huge message
    static constexpr std::size_t keep_items = 1 << 14;  ///< the same for a long list

    redisReplyObjectFunctions functions_{};
    ReaderPtr reader_;
    std::vector<wire::Reply> replies_{};
    std::vector<Place> places_{};
    std::string text_{};
    bool whole_ = false;  ///< next() has returned replies_
};

// ---------------------------------------------------------------------------------------------------------

inline Reader::Reader() {
    functions_.createString = [](const redisReadTask* task, char* text, std::size_t length) {
        return make_text(task, text, length);
    };
    // a generic lambda, since the type of `size` differs between hiredis 0.14 and 1.x
    functions_.createArray = [](const redisReadTask* task, auto size) -> void* {
        return make_list(task, static_cast<std::size_t>(size));
    };
    functions_.createInteger = [](const redisReadTask* task, long long value) { return make_integer(task, value); };
    functions_.createNil = [](const redisReadTask* task) { return make_nil(task); };
    functions_.freeObject = [](void*) {};
    reader_.reset(redisReaderCreateWithFunctions(&functions_));
    if (reader_) reader_->privdata = this;
}

inline std::size_t Reader::slot(const redisReadTask* task) {
    if (task->parent) {
        const std::size_t list = reinterpret_cast<std::size_t>(task->parent->obj) - 1;
        return places_[list].at + static_cast<std::size_t>(task->idx);
    }
    if (whole_ || replies_.empty()) {
        replies_.assign(1, {});
        places_.assign(1, {});
        text_.clear();
        if (text_.capacity() > keep) text_.shrink_to_fit();
        if (replies_.capacity() > keep_items) replies_.shrink_to_fit(), places_.shrink_to_fit();
        whole_ = false;
    }
    return 0;
}

inline void* Reader::make_text(const redisReadTask* task, char* text, std::size_t length) {
    auto& self = *static_cast<Reader*>(task->privdata);
    const std::size_t index = self.slot(task);
    self.replies_[index].kind = task->type == REDIS_REPLY_ERROR    ? wire::Reply::Kind::error
                                : task->type == REDIS_REPLY_STATUS ? wire::Reply::Kind::status
                                                                   : wire::Reply::Kind::text;
    self.places_[index] = {self.text_.size(), length};
    self.text_.append(text, length);
    return reinterpret_cast<void*>(index + 1);
}

inline void* Reader::make_list(const redisReadTask* task, std::size_t size) {
    auto& self = *static_cast<Reader*>(task->privdata);
    if (size > longest_list) return nullptr;
    const std::size_t index = self.slot(task);
    const std::size_t first = self.replies_.size();
    self.replies_.resize(first + size);
    self.places_.resize(first + size);
    self.replies_[index].kind = wire::Reply::Kind::list;
    self.places_[index] = {first, size};
    return reinterpret_cast<void*>(index + 1);
}

inline void* Reader::make_integer(const redisReadTask* task, long long value) {
    auto& self = *static_cast<Reader*>(task->privdata);
    const std::size_t index = self.slot(task);
    self.replies_[index].kind = wire::Reply::Kind::integer;
    self.replies_[index].integer = value;
    return reinterpret_cast<void*>(index + 1);
}

inline void* Reader::make_nil(const redisReadTask* task) {
    auto& self = *static_cast<Reader*>(task->privdata);
    const std::size_t index = self.slot(task);
    self.replies_[index].kind = wire::Reply::Kind::nil;
    return reinterpret_cast<void*>(index + 1);
}

inline Reader::Next Reader::next(const wire::Reply*& reply) {
    void* root = nullptr;
    if (!reader_ || redisReaderGetReply(reader_.get(), &root) != REDIS_OK) return Next::broken;
    if (!root) return Next::none;
    whole_ = true;
    for (std::size_t i = 0; i < replies_.size(); ++i) {
        wire::Reply& found = replies_[i];
        const Place place = places_[i];
        if (found.kind == wire::Reply::Kind::list) {
            found.items = replies_.data() + place.at;
            found.size = place.length;
        } else if (place.length) {
            found.text = std::string_view(text_).substr(place.at, place.length);
        }
    }
    reply = &replies_.front();
    return Next::reply;
}

}  // namespace slips::inline SLIPS_SDK_ABI::redis
