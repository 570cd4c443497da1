// The SDK's version, and the name of its inline namespace.
//
// This file is the single source of the version: CMake, Meson, the .pc file and `--version` read the
// three numbers below.
#pragma once

#if defined(__cplusplus) && __cplusplus < 202002L
// Every header includes this one first. A missing file ends the compilation, so that this is the only error; #error does not.
#include "slips: the SDK requires C++20: compile with -std=c++20 (CMake: target_compile_features(... cxx_std_20))"
#elif defined(__cplusplus) && !defined(__cpp_exceptions)
#include "slips: the SDK reports errors as exceptions: compile without -fno-exceptions"
#endif

#define SLIPS_SDK_VERSION_MAJOR 0
#define SLIPS_SDK_VERSION_MINOR 1
#define SLIPS_SDK_VERSION_PATCH 0
#define SLIPS_SDK_VERSION "0.1.0"

// Defined when exactly one translation unit of the program includes <slips/src.hpp>: the functions of the boundary are
// then ordinary functions, otherwise inline ones that slips.hpp and testing.hpp define on their last lines.
#ifdef SLIPS_SDK_SEPARATE_COMPILATION
#define SLIPS_SDK_DECL
#define SLIPS_SDK_ABI_MODE _separate
#else
#define SLIPS_SDK_DECL inline
#define SLIPS_SDK_ABI_MODE
#endif
#ifdef SLIPS_SDK_SIMDJSON  // set by slips::simdjson
#define SLIPS_SDK_ABI_JSON _simdjson
#else
#define SLIPS_SDK_ABI_JSON
#endif
#ifdef SLIPS_SDK_YAML  // set by slips::yaml
#define SLIPS_SDK_ABI_YAML _yaml
#else
#define SLIPS_SDK_ABI_YAML
#endif
#ifdef SLIPS_SDK_TLS  // set by slips::tls
#define SLIPS_SDK_ABI_TLS _tls
#else
#define SLIPS_SDK_ABI_TLS
#endif
#define SLIPS_SDK_ABI_JOIN(version, mode, json, yaml, tls) version##mode##json##yaml##tls
#define SLIPS_SDK_ABI_NAME(version, mode, json, yaml, tls) SLIPS_SDK_ABI_JOIN(version, mode, json, yaml, tls)

// The inline namespace: objects that were compiled in different modes, with different parts or against an incompatible
// SDK fail to link with one another.
#define SLIPS_SDK_ABI                                                                                                  \
    SLIPS_SDK_ABI_NAME(v0, SLIPS_SDK_ABI_MODE, SLIPS_SDK_ABI_JSON, SLIPS_SDK_ABI_YAML, SLIPS_SDK_ABI_TLS)

namespace slips::inline SLIPS_SDK_ABI {

/// The SDK's version as text, "MAJOR.MINOR.PATCH".
inline constexpr const char* sdk_version = SLIPS_SDK_VERSION;

/// The newest Slips version that this SDK was tested with. Newer versions are accepted and reported in one line.
inline constexpr const char* tested_slips_version = "1.1.22";

}  // namespace slips::inline SLIPS_SDK_ABI
