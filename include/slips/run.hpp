// run<Module>(argc, argv): the whole of a module's main().
#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/detail/dispatcher.hpp"
#include "slips/detail/module_checks.hpp"
#include "slips/impl/program/describe.hpp"
#include "slips/impl/program/discovery.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/printer.hpp"
#include "slips/impl/program/program.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

/// Runs a module until it is stopped. Returns main()'s exit status, see Exit.
template <class M>
int run(int argc, char** argv) {
    static_assert(detail::check_module<M>());
    const std::string program = argc > 0 ? argv[0] : std::string(M::info.name);
    const auto fail = [&](Exit status, std::string_view line) {
        std::fprintf(stderr, "[%s] %s\n", std::string(M::info.name).c_str(), screen_line(line).c_str());
        return static_cast<int>(status);
    };
    try {
        Options options;
        std::string error;
        if (!parse_options(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), options, error))
            return fail(Exit::usage, error);
        detail::forget_password_in_environment();
        if (options.help) {
            std::fputs(help_text(program, M::info.name, M::info.description).c_str(), stdout);
            return 0;
        }
        if (options.version) {
            std::printf("%s, built with slips-module-sdk %s\n", std::string(M::info.name).c_str(), sdk_version);
            return 0;
        }
        const auto [hooks, count] = detail::hooks_of<M>();
        detail::Description description{M::info, {hooks.begin(), hooks.begin() + count}};
        M module;
        detail::Dispatcher<M> dispatcher(module);
        if (options.describe) {
            std::printf("%s\n", description.json(dispatcher.channels()).c_str());
            return 0;
        }
        if (const auto failure = detail::find_slips(options, error)) return fail(*failure, error);
        detail::Program around(std::move(description), options, module, dispatcher,
                               [&dispatcher](bool has_timers) { return dispatcher.problem(has_timers); });
        return static_cast<int>(around.run());
    } catch (const std::exception& thrown) {
        return fail(Exit::module_failed, thrown.what());
    } catch (...) {
        return fail(Exit::module_failed, "the module's constructor threw something that is no exception");
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI
