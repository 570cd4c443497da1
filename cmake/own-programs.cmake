# What the SDK's own programs and tests are built with. Nothing of it reaches a project that uses the SDK.
option(SLIPS_SDK_WERROR "Warnings in the SDK's own programs and tests are errors" OFF)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
    set(CMAKE_CXX_SCAN_FOR_MODULES OFF)  # there are no C++ modules, and to look for them clang needs clang-scan-deps
endif()

set(slips_sdk_warning_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Woverloaded-virtual)
add_library(slips_sdk_warnings INTERFACE)
target_compile_options(slips_sdk_warnings INTERFACE
    ${slips_sdk_warning_flags} $<$<BOOL:${SLIPS_SDK_WERROR}>:-Werror>)
