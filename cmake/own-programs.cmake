# Options of the SDK's own programs and tests. A project that uses the SDK is not affected.
option(SLIPS_SDK_WERROR "Warnings in the SDK's own programs and tests are errors" OFF)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
    set(CMAKE_CXX_SCAN_FOR_MODULES OFF)  # no source uses C++20 modules; clang needs clang-scan-deps to look
endif()

set(slips_sdk_warning_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Woverloaded-virtual)
add_library(slips_sdk_warnings INTERFACE)
target_compile_options(slips_sdk_warnings INTERFACE
    ${slips_sdk_warning_flags} $<$<BOOL:${SLIPS_SDK_WERROR}>:-Werror>)
