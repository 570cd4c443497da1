// Between a Pipeline and FakeRedis: commands from bytes, replies from answers.
#pragma once

#include <cstddef>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "slips/impl/wire/resp.hpp"
#include "slips/testing/fake_redis.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::testing {

/// Returns the commands in `bytes`. Throws std::runtime_error if the last one is incomplete.
inline std::vector<Words> commands_in(std::string_view bytes) {
    std::vector<Words> commands;
    const auto line = [&bytes](char mark) {
        const std::size_t end = bytes.find("\r\n");
        if (bytes.empty() || bytes[0] != mark || end == std::string_view::npos)
            throw std::runtime_error("no RESP: " + std::string(bytes.substr(0, 40)));
        const std::size_t number = std::stoul(std::string(bytes.substr(1, end - 1)));
        bytes.remove_prefix(end + 2);
        return number;
    };
    while (!bytes.empty()) {
        Words words(line('*'));
        for (std::string& word : words) {
            const std::size_t length = line('$');
            if (bytes.size() < length + 2 || bytes.substr(length, 2) != "\r\n")
                throw std::runtime_error("a word is cut off or longer than announced");
            word = bytes.substr(0, length);
            bytes.remove_prefix(length + 2);
        }
        commands.push_back(std::move(words));
    }
    return commands;
}

/// Returns a command as one text: "HSET key field value".
inline std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

/// Returns the reply that a connection passes on for `answer`. It refers to `answer` and to `storage`.
inline wire::Reply lend(const Answer& answer, std::deque<std::vector<wire::Reply>>& storage) {
    wire::Reply reply;
    reply.kind = answer.kind;
    reply.integer = answer.number;
    reply.text = answer.text;
    if (answer.kind == Answer::Kind::list) {
        std::vector<wire::Reply> lent;
        for (const Answer& item : answer.items) lent.push_back(lend(item, storage));
        storage.push_back(std::move(lent));
        reply.items = storage.back().data();
        reply.size = answer.items.size();
    }
    return reply;
}

}  // namespace slips::inline SLIPS_SDK_ABI::testing
