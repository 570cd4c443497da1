// The reference for compile times: includes the two libraries that every module needs, and parses one object.
#include <hiredis/hiredis.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

int main(int argc, char** argv) {
    const auto object = nlohmann::json::parse(argv[argc - 1]);
    redisContext* const redis = redisConnect("127.0.0.1", 6379);
    std::puts(object["saddr"].get<std::string>().c_str());
    redisFree(redis);
}
