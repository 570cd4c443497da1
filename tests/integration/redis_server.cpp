#include "redis_server.hpp"

#include <stdexcept>

namespace integration {
namespace {

slipsdev::RedisServer::Settings settings_of(const ServerSettings& settings) {
#ifndef SLIPS_TEST_REDIS_SERVER
    throw std::runtime_error("the integration tests need redis-server (Debian: apt install redis-server)");
#else
    slipsdev::RedisServer::Settings made;
    made.tcp = settings.tcp;
    made.password = settings.password;
    made.program = SLIPS_TEST_REDIS_SERVER;
    made.arguments = {"--unixsocketperm",
                      "777",  // for modules that run as other users
                      "--client-output-buffer-limit",
                      "pubsub 0 0 0",
                      "--appendonly",
                      settings.append_only ? "yes" : "no",
                      "--appendfsync",
                      "always"};
    made.arguments.insert(made.arguments.end(), settings.more.begin(), settings.more.end());
    return made;
#endif
}

}  // namespace

RedisServer::RedisServer(const TemporaryFolder& folder, const std::string& name, const ServerSettings& settings)
    : password_(settings.password), server_(settings_of(settings), folder.make_folder(name), cleanup()) {}

}  // namespace integration
