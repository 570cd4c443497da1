// Measures what a process spends on a message that another process of its module handles (--share): from the parsed reply of
// Redis to the decision. Prints {"messages": …, "skipped": …, "ns": CPU nanoseconds per message, "bytes": per message} as JSON.
//
// usage: skip ROUNDS < messages of one profile on new_flow, one per line
#include <slips/slips.hpp>
#include <slips/testing.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "slips/impl/testing/session_driver.hpp"
#include "slips/impl/wire/owner.hpp"

namespace {

struct Idler : slips::Module<Idler> {
    static constexpr slips::ModuleInfo info{
        .name = "idler", .description = "has other profiles", .authors = "the benchmark"};
    void on(const slips::NewFlow&) {}
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const int rounds = std::atoi(argv[1]);
    std::vector<std::string> messages;
    for (std::string line; std::getline(std::cin, line);) messages.push_back(std::move(line));
    if (messages.empty() || rounds < 1) return 2;

    slips::SessionSettings settings;
    settings.module = "idler";
    settings.generation = slips::Generation::current;
    settings.slips_version = messages.front().find("1.1.21") == std::string::npos ? "1.0.10" : "1.1.21";
    settings.share = {slips::wire::owner_of(messages.front(), 2) == 1 ? 2 : 1, 2};
    slips::testing::ModuleDriver<Idler> driver(settings);
    driver.connect();

    std::size_t bytes = 0;
    std::vector<std::vector<slips::wire::Reply>> replies;
    for (const std::string& message : messages) {
        bytes += message.size();
        std::vector<slips::wire::Reply> parts(3);
        for (slips::wire::Reply& part : parts) part.kind = slips::wire::Reply::Kind::text;
        parts[0].text = "message";
        parts[1].text = "new_flow";
        parts[2].text = message;
        replies.push_back(std::move(parts));
    }
    const std::clock_t begin = std::clock();
    for (int round = 0; round < rounds; ++round) {
        for (const auto& parts : replies) {
            slips::wire::Reply reply;
            reply.kind = slips::wire::Reply::Kind::list;
            reply.items = parts.data();
            reply.size = parts.size();
            driver.session.pushed(reply, driver.now);
        }
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const double total = static_cast<double>(messages.size()) * rounds;
    std::printf("{\"messages\": %.0f, \"skipped\": %llu, \"ns\": %.1f, \"bytes\": %zu}\n", total,
                static_cast<unsigned long long>(driver.session.stats().messages.skipped), seconds / total * 1e9,
                bytes / messages.size());
}
