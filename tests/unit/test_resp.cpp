#include "slips/impl/wire/resp.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "slips/impl/testing/fake_redis.hpp"

using slips::testing::commands_in;
using slips::testing::Words;
using slips::wire::Pipeline;
using slips::wire::Purpose;

TEST_CASE("commands are encoded with the length of each word, whatever its bytes") {
    Pipeline main;
    main.send(Purpose::counter, 0, "SET", std::string_view("a\0b\r\n", 5), std::string(), 7, -1, 0.5, 3600.0,
              std::numeric_limits<std::uint64_t>::max());
    CHECK(main.bytes() == std::string("*8\r\n$3\r\nSET\r\n$5\r\na\0b\r\n\r\n$0\r\n\r\n$1\r\n7\r\n$2\r\n-1\r\n$3\r\n0.5\r\n"
                                      "$6\r\n3600.0\r\n$20\r\n18446744073709551615\r\n",
                                      93));
    CHECK(commands_in(main.bytes()) ==
          std::vector<Words>{{"SET", std::string("a\0b\r\n", 5), "", "7", "-1", "0.5", "3600.0", "18446744073709551615"}});
}

TEST_CASE("a command can be built word by word") {
    Pipeline main;
    main.begin(Purpose::counter, 0, 3);
    main.add("HEXPIRE");
    main.add(std::string_view("key"));
    main.add(std::size_t{1800});
    CHECK(commands_in(main.bytes()) == std::vector<Words>{{"HEXPIRE", "key", "1800"}});
    CHECK(main.outstanding() == 1);
}

TEST_CASE("each reply gets its purpose, in order") {
    Pipeline main;
    CHECK(main.outstanding() == 0);
    main.send(Purpose::learn, 1, "A");
    main.send(Purpose::queued, 0, "B");
    main.send(Purpose::queued, 0, "C");  // stored as one entry of two
    main.send(Purpose::queued, 1, "D");
    main.send_unanswered("SUBSCRIBE", "channel");
    main.send(Purpose::stored, 1, "E");
    CHECK(main.outstanding() == 5);
    CHECK(commands_in(main.bytes()).size() == 6);
    const std::pair<Purpose, std::uint32_t> expected[] = {
        {Purpose::learn, 1}, {Purpose::queued, 0}, {Purpose::queued, 0}, {Purpose::queued, 1}, {Purpose::stored, 1}};
    for (const auto& [purpose, index] : expected) {
        const auto awaited = main.take();
        CHECK(awaited.purpose == purpose);
        CHECK(awaited.index == index);
    }
    CHECK(main.outstanding() == 0);
    main.send(Purpose::queued, 1, "F");
    CHECK(main.take().index == 1);
}

TEST_CASE("written bytes and awaited replies are independent") {
    Pipeline main;
    main.send(Purpose::learn, 0, "A");
    main.bytes().clear();  // the writer has written them
    main.send(Purpose::learn, 0, "B");
    CHECK(main.outstanding() == 2);
    CHECK(commands_in(main.bytes()) == std::vector<Words>{{"B"}});
    main.take();
    CHECK(main.outstanding() == 1);
    main.reset();
    CHECK(main.outstanding() == 0);
    CHECK(main.bytes().empty());
    main.send(Purpose::asked, 3, "C");
    CHECK(main.take().purpose == Purpose::asked);
}

TEST_CASE("replies report their type") {
    slips::wire::Reply items[2];
    items[0] = {.kind = slips::wire::Reply::Kind::error, .text = "ERR no"};
    const slips::wire::Reply list{.kind = slips::wire::Reply::Kind::list, .items = items, .size = 2};
    CHECK(list[0].is_error());
    CHECK(list[1].is_nil());
    CHECK_FALSE(list.is_error());
}
