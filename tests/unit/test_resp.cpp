#include "slips/impl/wire/resp.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "slips/impl/testing/fake_redis.hpp"

using slips::testing::commands_in;
using slips::testing::Words;
using slips::wire::Pipeline;
using slips::wire::Reply;

namespace {

enum class Tag : std::uint8_t { learn, queued, stored };

/// Records the replies it receives.
struct Handler final : slips::wire::ReplyHandler {
    struct Received {
        Tag tag{};
        std::uint32_t index = 0;
        std::string text{};
        bool operator==(const Received&) const = default;
    };
    std::vector<Received> received{};

    void reply(std::uint8_t tag, std::uint32_t index, const Reply& reply, slips::Clock::time_point) override {
        received.push_back({Tag{tag}, index, std::string(reply.text)});
    }
};

void answer(Pipeline& pipeline, std::string_view text = {}) {
    pipeline.dispatch({.kind = Reply::Kind::text, .text = text}, slips::Clock::now());
}

}  // namespace

TEST_CASE("commands are encoded with the length of each word, whatever its bytes") {
    Handler handler;
    Pipeline main;
    main.send(handler, "SET", std::string_view("a\0b\r\n", 5), std::string(), 7, -1, 0.5, 3600.0,
              std::numeric_limits<std::uint64_t>::max());
    CHECK(main.bytes() ==
          std::string("*8\r\n$3\r\nSET\r\n$5\r\na\0b\r\n\r\n$0\r\n\r\n$1\r\n7\r\n$2\r\n-1\r\n$3\r\n0.5\r\n"
                      "$6\r\n3600.0\r\n$20\r\n18446744073709551615\r\n",
                      93));
    CHECK(commands_in(main.bytes()) == std::vector<Words>{{"SET", std::string("a\0b\r\n", 5), "", "7", "-1", "0.5",
                                                           "3600.0", "18446744073709551615"}});
}

TEST_CASE("a command can be built word by word") {
    Handler handler;
    Pipeline main;
    main.begin(handler, 3);
    main.add("HEXPIRE");
    main.add(std::string_view("key"));
    main.add(std::size_t{1800});
    CHECK(commands_in(main.bytes()) == std::vector<Words>{{"HEXPIRE", "key", "1800"}});
    CHECK(main.outstanding() == 1);
}

TEST_CASE("each reply goes to the handler of its command, in order") {
    Handler handler;
    Handler other;
    Pipeline main;
    CHECK(main.outstanding() == 0);
    main.send({handler, Tag::learn, 1}, "A");
    main.send({handler, Tag::queued}, "B");
    main.send({handler, Tag::queued}, "C");  // stored as one entry of two
    main.send({handler, Tag::queued, 1}, "D");
    main.send_unanswered("SUBSCRIBE", "channel");
    main.send({other, Tag::queued, 1}, "E");
    main.send({handler, Tag::stored, 1}, "F");
    CHECK(main.outstanding() == 6);
    CHECK(commands_in(main.bytes()).size() == 7);
    CHECK(main.is_next(handler));
    CHECK_FALSE(main.is_next(other));
    for (const std::string_view text : {"a", "b", "c", "d", "e", "f"}) answer(main, text);
    CHECK(main.outstanding() == 0);
    CHECK_FALSE(main.is_next(handler));
    CHECK(handler.received == std::vector<Handler::Received>{{Tag::learn, 1, "a"},
                                                             {Tag::queued, 0, "b"},
                                                             {Tag::queued, 0, "c"},
                                                             {Tag::queued, 1, "d"},
                                                             {Tag::stored, 1, "f"}});
    CHECK(other.received == std::vector<Handler::Received>{{Tag::queued, 1, "e"}});
    main.send({handler, Tag::queued, 1}, "G");
    answer(main);
    CHECK(handler.received.back().index == 1);
    answer(main);  // to no command
    CHECK(handler.received.size() == 6);
}

TEST_CASE("written bytes and awaited replies are independent") {
    Handler handler;
    Pipeline main;
    main.send({handler, Tag::learn}, "A");
    main.bytes().clear();  // the writer has written them
    main.send({handler, Tag::learn}, "B");
    CHECK(main.outstanding() == 2);
    CHECK(commands_in(main.bytes()) == std::vector<Words>{{"B"}});
    answer(main);
    CHECK(main.outstanding() == 1);
    main.reset();
    CHECK(main.outstanding() == 0);
    CHECK(main.bytes().empty());
    main.send({handler, Tag::stored, 3}, "C");
    answer(main);
    CHECK(handler.received.back() == Handler::Received{Tag::stored, 3, ""});
}

TEST_CASE("replies report their type") {
    slips::wire::Reply items[2];
    items[0] = {.kind = slips::wire::Reply::Kind::error, .text = "ERR no"};
    const slips::wire::Reply list{.kind = slips::wire::Reply::Kind::list, .items = items, .size = 2};
    CHECK(list[0].is_error());
    CHECK(list[1].is_nil());
    CHECK_FALSE(list.is_error());
}
