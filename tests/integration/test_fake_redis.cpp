// The fake Redis of slips/testing.hpp answers as redis-server does.
#include "slips/impl/testing/fake_redis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "redis_server.hpp"

namespace {

std::string shown(const integration::Reply& reply) {
    using Kind = integration::Reply::Kind;
    switch (reply.kind) {
        case Kind::nil: return "nil";
        case Kind::integer: return std::to_string(reply.integer);
        case Kind::array: {
            std::string text = "[";
            for (const auto& item : reply.items) text += shown(item) + " ";
            return text + "]";
        }
        default: return "\"" + reply.text + "\"";
    }
}

std::string shown(const slips::Answer& answer) {
    using Kind = slips::wire::Reply::Kind;
    switch (answer.kind) {
        case Kind::nil: return "nil";
        case Kind::integer: return std::to_string(answer.number);
        case Kind::list: {
            std::string text = "[";
            for (const auto& item : answer.items) text += shown(item) + " ";
            return text + "]";
        }
        default: return "\"" + answer.text + "\"";
    }
}

}  // namespace

TEST_CASE("the fake Redis answers reads as redis-server does") {
    const integration::TemporaryFolder folder;
    const integration::RedisServer server(folder, "main");
    integration::Client client = server.client();
    slips::testing::FakeRedis fake;
    fake.set("name", "value");
    fake.hset("facts", "one", "1");
    fake.hset("facts", "two", "");
    fake.sadd("members", "only");
    // 1e22 is written the same by every Redis: 7.2 and newer write 1e300 with fewer digits than older ones.
    for (const auto& [member, score] :
         std::vector<std::pair<std::string, double>>{{"b", 1}, {"a", 1}, {"c", -2.5}, {"d", 10}, {"e", 1e22}})
        fake.zadd("scores", score, member);
    client.commands({{"SET", "name", "value"},
                     {"HSET", "facts", "one", "1", "two", ""},
                     {"SADD", "members", "only"},
                     {"ZADD", "scores", "1", "b", "1", "a", "-2.5", "c", "10", "d", "1e22", "e"}});

    const std::vector<integration::Words> commands{
        {"GET", "name"},
        {"GET", "nothing"},
        {"MGET", "name", "nothing"},
        {"EXISTS", "scores"},
        {"EXISTS", "nothing"},
        {"TYPE", "name"},
        {"TYPE", "facts"},
        {"TYPE", "members"},
        {"TYPE", "scores"},
        {"TYPE", "nothing"},
        {"GET", "facts"},
        {"MGET", "facts", "name"},
        {"HGET", "name", "one"},
        {"HEXISTS", "scores", "one"},
        {"HSET", "name", "a", "b"},
        {"HLEN", "members"},
        {"ZSCORE", "facts", "a"},
        {"ZADD", "name", "1", "a"},
        {"SISMEMBER", "facts", "a"},
        {"INCRBY", "facts", "1"},
        {"INCRBY", "name", "1"},
        {"HGET", "facts", "two"},
        {"HGET", "facts", "three"},
        {"HGET", "nothing", "one"},
        {"HEXISTS", "facts", "one"},
        {"HMGET", "facts", "one", "three"},
        {"HLEN", "facts"},
        {"HLEN", "nothing"},
        {"HGETALL", "nothing"},
        {"HGETALL", "facts"},
        {"HKEYS", "facts"},
        {"HVALS", "facts"},
        {"SMEMBERS", "members"},
        {"SMEMBERS", "nothing"},
        {"SISMEMBER", "members", "only"},
        {"SISMEMBER", "members", "x"},
        {"SCARD", "members"},
        {"ZCARD", "scores"},
        {"ZSCORE", "scores", "d"},
        {"ZSCORE", "scores", "x"},
        {"ZRANGE", "scores", "0", "-1"},
        {"ZRANGE", "scores", "1", "2"},
        {"ZRANGE", "scores", "-2", "100"},
        {"ZRANGE", "scores", "3", "1"},
        {"ZRANGE", "scores", "-100", "0"},
        {"ZRANGE", "nothing", "0", "-1"},
        {"ZREVRANGE", "scores", "0", "1"},
        {"ZRANGE", "scores", "1", "3", "WITHSCORES"},
        {"ZRANGEBYSCORE", "scores", "-inf", "+inf"},
        {"ZRANGEBYSCORE", "scores", "1", "10"},
        {"ZRANGEBYSCORE", "scores", "(1", "10", "WITHSCORES"},
        {"ZRANGEBYSCORE", "scores", "1", "(10"},
        {"ZRANGEBYSCORE", "scores", "-inf", "+inf", "LIMIT", "1", "2"},
        {"ZREVRANGEBYSCORE", "scores", "10", "1"},
        {"ZREVRANGEBYSCORE", "scores", "+inf", "(1", "WITHSCORES", "LIMIT", "0", "1"}};
    for (const auto& words : commands) {
        CAPTURE(slips::testing::joined(words));
        CHECK(shown(fake.execute(words)) == shown(client.command(words)));
    }
}
