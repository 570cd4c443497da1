// With simdjson a flow needs no allocation, from the bytes of the socket to the handler's return.
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "../unit/allocations.hpp"
#include "slips/detail/dispatcher.hpp"
#include "slips/impl/redis/reader.hpp"
#include "slips/impl/session/session.hpp"
#include "slips/module.hpp"

namespace {

struct Counter : slips::Module<Counter> {
    static constexpr slips::ModuleInfo info{.name = "counter"};
    void on(const slips::NewFlow& msg) {
        local += slips::is_private(msg.flow.saddr) && slips::is_private(msg.flow.daddr);
    }
    std::size_t local = 0;
};

const std::string current =
    R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "flow": {"interface": "default", "starttime": 1654188717.131, )"
    R"("uid": "CbVhbg2LbnJEfzTOTk", "saddr": "192.168.1.12", "daddr": "2001:db8:85a3:8d3:1319:8a2e:370:7348", "dur": 0.5, )"
    R"("proto": "tcp", "appproto": "http", "sport": 51234, "dport": "80", "spkts": 10, "dpkts": 12, "sbytes": 1000, "dbytes": 20000, )"
    R"("state": "SF", "history": "ShADadFf", "smac": "08:00:27:7e:f9:5b", "dmac": "52:54:00:12:35:02", "endtime": 1654188717.631, )"
    R"("pkts": 22, "bytes": 21000, "state_hist": "ShADadFf", "aid": "1:F2tVwz9Wx0oCGgKHBZ8eMSFCgcU=", "dport_name": "http", )"
    R"("timestamp_human": "2022-06-02T16:51:57.131000+00:00", "interpreted_state": "Established", "dir_": "->", "type_": "conn", )"
    R"("ground_truth_label": "", "detailed_ground_truth_label": ""}, "stime": 1654188717.131, "label": "unknown", "module_labels": {}, )"
    R"("interpreted_state": "Established", "version": "1.1.21"})";

const std::string legacy =
    R"({"profileid": "profile_192.168.1.12", "twid": "timewindow1", "flow": "{\"CbVhbg2LbnJEfzTOTk\": \"{\\\"ts\\\": 1654188717.131, )"
    R"(\\\"dur\\\": \\\"0.5\\\", \\\"saddr\\\": \\\"192.168.1.12\\\", \\\"sport\\\": \\\"51234\\\", \\\"daddr\\\": \\\"192.168.1.18\\\", )"
    R"(\\\"dport\\\": \\\"80\\\", \\\"proto\\\": \\\"tcp\\\", \\\"origstate\\\": \\\"a state longer than any short string\\\", )"
    R"(\\\"state\\\": \\\"Established\\\", \\\"pkts\\\": 22, \\\"allbytes\\\": 21000, \\\"flow_type\\\": \\\"conn\\\", )"
    R"(\\\"module_labels\\\": {}}\"}", "stime": 1654188717.131})";

}  // namespace

TEST_CASE("a flow needs no allocation from the socket's bytes to the handler's return") {
    for (const auto generation : {slips::Generation::current, slips::Generation::legacy}) {
        CAPTURE(slips::to_string(generation));
        slips::SessionSettings settings;
        settings.module = "counter";
        settings.generation = generation;
        settings.slips_version = generation == slips::Generation::current ? "1.1.21" : "0.9.1";
        Counter module;
        slips::detail::Dispatcher<Counter> dispatcher(module);
        slips::Session session(settings, dispatcher, [](std::string_view) {});
        const auto now = slips::Clock::now();
        session.subscriber_up(now);
        session.pushed({}, now);  // the reply with Slips' counters, which precedes any message
        slips::redis::Reader reader;

        const std::string& payload = generation == slips::Generation::current ? current : legacy;
        const std::string one =
            "*3\r\n$7\r\nmessage\r\n$8\r\nnew_flow\r\n$" + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
        std::string stream;
        constexpr std::size_t flows = 1000;
        for (std::size_t i = 0; i < flows; ++i) stream += one;
        const auto receive = [&] {
            for (std::size_t at = 0; at < stream.size(); at += slips::redis::Reader::chunk) {
                const std::string_view chunk = std::string_view(stream).substr(at, slips::redis::Reader::chunk);
                REQUIRE(reader.feed(chunk.data(), chunk.size()));
                const slips::wire::Reply* reply = nullptr;
                while (reader.next(reply) == slips::redis::Reader::Next::reply) session.pushed(*reply, now);
            }
        };
        receive();  // now all buffers have their final size
        session.main_up(now);
        session.tick(now + std::chrono::seconds(1));  // counters are sent, and their memory is free
        const auto before = allocations_so_far();
        receive();
        CHECK(allocations_so_far() == before);
        CHECK(session.stats().messages.handled == 2 * flows);
    }
}

TEST_CASE("allocations are counted") {
    const auto before = allocations_so_far();
    const std::string text(100, 'x');
    CHECK(text.size() == 100);
    if (before) CHECK(*allocations_so_far() == *before + 1);
}
