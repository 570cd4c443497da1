// ModuleType and ModuleInstance: what the program and the test harness need to know about a module's class.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "slips/detail/dispatcher.hpp"
#include "slips/detail/module_checks.hpp"
#include "slips/detail/receiver.hpp"
#include "slips/module.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

/// A module and the receiver of its messages.
class ModuleInstance {
public:
    ModuleInstance() = default;
    ModuleInstance(const ModuleInstance&) = delete;
    ModuleInstance& operator=(const ModuleInstance&) = delete;
    virtual ~ModuleInstance() = default;

    virtual ModuleBase& module() = 0;
    virtual Receiver& receiver() = 0;
};

/// A module's class: what it declares, and how to make an instance.
struct ModuleType {
    ModuleInfo info{};
    std::vector<std::string_view> hooks{};                ///< in the order in which they are called
    std::unique_ptr<ModuleInstance> (*make)() = nullptr;  ///< throws what the module's constructor throws
};

template <class M>
class InstanceOf final : public ModuleInstance {
public:
    InstanceOf() { module_.host_of_module().info = M::info; }
    ModuleBase& module() override { return module_; }
    Receiver& receiver() override { return dispatcher_; }

private:
    M module_{};
    Dispatcher<M> dispatcher_{module_};
};

template <class M>
ModuleType module_type() {
    static_assert(check_module<M>());
    const auto [hooks, count] = hooks_of<M>();
    return {M::info, {hooks.begin(), hooks.begin() + count}, []() -> std::unique_ptr<ModuleInstance> {
                return std::make_unique<InstanceOf<M>>();
            }};
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
