// The SDK's version, and the name of its inline namespace.
//
// This file is the single source of the version: CMake, Meson, the .pc file and `--version` read the
// three numbers below.
#pragma once

#define SLIPS_SDK_VERSION_MAJOR 0
#define SLIPS_SDK_VERSION_MINOR 1
#define SLIPS_SDK_VERSION_PATCH 0
#define SLIPS_SDK_VERSION "0.1.0"

// Linking objects that were built with and without slips::yaml, with different parsers, or against incompatible SDKs must
// not succeed silently: the inline namespace makes it a link error.
#if defined(SLIPS_SDK_SIMDJSON) && defined(SLIPS_SDK_YAML)  // by slips::simdjson, by slips::yaml
#define SLIPS_SDK_ABI v0_simdjson_yaml
#elif defined(SLIPS_SDK_SIMDJSON)
#define SLIPS_SDK_ABI v0_simdjson
#elif defined(SLIPS_SDK_YAML)
#define SLIPS_SDK_ABI v0_yaml
#else
#define SLIPS_SDK_ABI v0
#endif

namespace slips::inline SLIPS_SDK_ABI {

/// The SDK's version as text, "MAJOR.MINOR.PATCH".
inline constexpr const char* sdk_version = SLIPS_SDK_VERSION;

/// The newest Slips version that this SDK was tested with. Newer versions are accepted and reported in one line.
inline constexpr const char* tested_slips_version = "1.1.22";

}  // namespace slips::inline SLIPS_SDK_ABI
