// Any text as a Zeek conn.log, from which slipsdev makes the messages of either generation. Input: the log.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "fuzz.hpp"
#include "slips/impl/wire/decode.hpp"
#include "slipsdev/flows/flow_message.hpp"
#include "slipsdev/flows/zeek_log.hpp"

namespace {

/// What slipsdev publishes is ASCII JSON, and the SDK decodes it or reports invalid addresses.
void check(const std::string& payload) {
    const auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80;
    };
    fuzz::expect(std::all_of(payload.begin(), payload.end(), is_plain), "what is published is plain ASCII", payload);
    fuzz::expect(nlohmann::json::accept(payload), "what is published is JSON", payload);
    slips::NewFlow message;
    slips::wire::DecodeError error;
    slips::wire::Parser parser;
    const bool good = slips::wire::decode(payload, message, error, parser);
    fuzz::expect(good || error.what.find("saddr") != std::string::npos || error.what.find("daddr") != std::string::npos,
                 "what is published can be decoded", payload, error.what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const slipsdev::Release releases[] = {*slipsdev::release_named("0.9.1"), *slipsdev::release_named("1.0.10"),
                                                 *slipsdev::release_named("1.1.12"),
                                                 *slipsdev::release_named("1.1.21")};
    std::string_view rest = fuzz::text_of(data, size);
    slipsdev::ZeekLogReader reader;
    while (!rest.empty()) {
        std::string why;
        const auto record = reader.read(fuzz::take_line(rest), why);
        if (!record) continue;
        for (const slipsdev::Release& release : releases) {
            const auto draft = slipsdev::draft_flow(*record, release.flow, why);
            if (draft) check(slipsdev::flow_message(*draft, "timewindow1", release));
            else fuzz::expect(!why.empty(), "a line that is dropped has a reason");
        }
    }
    return 0;
}
