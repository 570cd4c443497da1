# Finds hiredis and nlohmann_json, for the source tree and for the installed package, as targets hiredis::hiredis and
# nlohmann_json::nlohmann_json. Targets that the project already has are used.
#
# Sets slips_sdk_missing to one sentence about what is missing, or to "".
set(slips_sdk_missing "")

if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json 3.10.5 CONFIG QUIET)
endif()
if(NOT TARGET nlohmann_json::nlohmann_json)
    # Headers without a CMake package.
    find_path(SLIPS_SDK_NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp)
    mark_as_advanced(SLIPS_SDK_NLOHMANN_JSON_INCLUDE_DIR)
    set(slips_sdk_json_version "")
    foreach(slips_sdk_file IN ITEMS json.hpp detail/abi_macros.hpp)
        set(slips_sdk_file "${SLIPS_SDK_NLOHMANN_JSON_INCLUDE_DIR}/nlohmann/${slips_sdk_file}")
        if(slips_sdk_json_version STREQUAL "" AND EXISTS "${slips_sdk_file}")
            file(STRINGS "${slips_sdk_file}" slips_sdk_lines
                REGEX "#define NLOHMANN_JSON_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
            string(REGEX MATCHALL "[A-Z] +[0-9]+" slips_sdk_lines "${slips_sdk_lines}")
            string(REGEX REPLACE "[A-Z] +" "" slips_sdk_lines "${slips_sdk_lines}")
            list(JOIN slips_sdk_lines "." slips_sdk_json_version)
        endif()
    endforeach()
    if(slips_sdk_json_version VERSION_GREATER_EQUAL 3.10.5)
        add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
        target_include_directories(nlohmann_json::nlohmann_json INTERFACE "${SLIPS_SDK_NLOHMANN_JSON_INCLUDE_DIR}")
    else()
        set(slips_sdk_missing "nlohmann_json 3.10.5 or newer was not found (Debian: nlohmann-json3-dev)")
    endif()
endif()

# FindHiredis.cmake is beside this file. The caller's module path is restored.
set(slips_sdk_module_path "${CMAKE_MODULE_PATH}")
set(CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_package(Hiredis 0.14 MODULE QUIET)
set(CMAKE_MODULE_PATH "${slips_sdk_module_path}")
if(NOT Hiredis_FOUND)
    set(slips_sdk_missing "hiredis 0.14 or newer was not found (Debian: libhiredis-dev)")
endif()
