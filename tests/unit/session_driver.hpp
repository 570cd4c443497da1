// A module for the SDK's own tests of the session, and the driver for it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <slips/slips.hpp>

#include "slips/impl/testing/fake_redis.hpp"
#include "slips/impl/testing/session_driver.hpp"
#include "slips/module.hpp"

namespace slips_test {

using slips::Answer;
using slips::testing::FakeRedis;
using slips::testing::Words;

/// Receives what the tests need and calls the test's functions.
struct TestModule : slips::Module<TestModule> {
    static constexpr slips::EvidenceType local_device{"CONNECTION_TO_LOCAL_DEVICE", "ConnectionToLocalDevice"};
    static constexpr slips::ModuleInfo info{.name = "test_module", .evidence_types = {local_device}};

    std::function<void(const slips::NewFlow&)> on_flow{};
    std::function<void(const slips::TwClosed&)> on_closed{};
    std::function<void(const slips::RawMessage&)> on_raw{};
    std::vector<slips::Gap> gaps{};
    std::vector<std::string> raw_channels{"new_letters"};

    bool init() override {
        for (const std::string& channel : raw_channels) subscribe(channel);
        return true;
    }
    void on(const slips::NewFlow& flow) {
        if (on_flow) on_flow(flow);
    }
    void on(const slips::TwClosed& window) {
        if (on_closed) on_closed(window);
    }
    void on(const slips::RawMessage& message) {
        if (on_raw) on_raw(message);
    }
    void on_gap(const slips::Gap& gap) override { gaps.push_back(gap); }
};

class SessionDriver : public slips::testing::ModuleDriver<TestModule> {
public:
    static slips::SessionSettings settings() {
        slips::SessionSettings settings;
        settings.module = "test_module";
        settings.pid = 4242;
        return settings;
    }

    /// Legacy Slips without another version is that of June 2022.
    static slips::SessionSettings of_june_2022(slips::SessionSettings with) {
        if (with.generation == slips::Generation::legacy && with.slips_version.empty()) with.slips_version = "0.9.1";
        return with;
    }

    explicit SessionDriver(slips::SessionSettings with = settings())
        : slips::testing::ModuleDriver<TestModule>(of_june_2022(std::move(with))) {
        module.init();
    }
};

}  // namespace slips_test
