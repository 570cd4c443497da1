// run<Module>(argc, argv): the main() of a module.
#pragma once

#include "slips/detail/module_checks.hpp"
#include "slips/detail/module_instance.hpp"
#include "slips/version.hpp"

namespace slips::inline SLIPS_SDK_ABI {

namespace detail {
/// Runs a module until it is stopped. Returns the exit status of main().
SLIPS_SDK_DECL int run_program(int argc, char** argv, const ModuleType& type);
}  // namespace detail

/// Runs a module until it is stopped. Returns the exit status of main(): `--help` lists them.
template <class M>
int run(int argc, char** argv) {
    static_assert(detail::check_module<M>());
    return detail::run_program(argc, argv, detail::module_type<M>());
}

}  // namespace slips::inline SLIPS_SDK_ABI
