// run_program(): from the command line to the exit status.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slips/impl/boundary/config.hpp"
#include "slips/impl/boundary/message.hpp"
#include "slips/impl/boundary/module.hpp"
#include "slips/impl/boundary/queries.hpp"
#include "slips/impl/boundary/stats.hpp"
#include "slips/impl/program/describe.hpp"
#include "slips/impl/program/discovery.hpp"
#include "slips/impl/program/options.hpp"
#include "slips/impl/program/printer.hpp"
#include "slips/impl/program/program.hpp"
#include "slips/impl/program/safe_file.hpp"
#include "slips/run.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI::detail {

SLIPS_SDK_DECL int run_program(int argc, char** argv, const ModuleType& type) {
    hold_standard_descriptors();
    const std::string name(type.info.name);
    const std::string program = argc > 0 ? argv[0] : name;
    const auto fail = [&](Exit status, std::string_view line) {
        std::fprintf(stderr, "[%s] %s\n", name.c_str(), screen_line(line).c_str());
        return static_cast<int>(status);
    };
    const auto print = [&](const std::string& result) {
        if (std::fputs(result.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
        return fail(Exit::environment, std::string("the result cannot be written to stdout: ") + std::strerror(errno));
    };
    try {
        Options options;
        std::string error;
        if (!parse_options(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), options, error))
            return fail(Exit::usage, error);
        forget_password_in_environment();
        if (options.help) return print(help_text(program, type.info.name, type.info.description));
        if (options.version) {
            const std::string own = type.info.version.empty() ? name : name + " " + std::string(type.info.version);
            return print(own + ", built with slips-module-sdk " + std::string(sdk_version) + "\n");
        }
        auto instance = type.make();
        if (options.describe) return print(describe(type, instance->receiver().channels()) + "\n");
        if (const auto failure = find_slips(options, error)) return fail(*failure, error);
        Program around(type, options, instance->module(), instance->receiver());
        const Exit status = around.run();
        instance.reset();  // first: a thread that the module's destructor joins may still use a Store& that it has kept
        return static_cast<int>(status);
    } catch (const std::exception& thrown) {
        return fail(Exit::module_failed, thrown.what());
    } catch (...) {
        return fail(Exit::module_failed, "the module's constructor threw something that is not a std::exception");
    }
}

}  // namespace slips::inline SLIPS_SDK_ABI::detail
