# slips_add_module(<name> [HEADER_ONLY] [STATIC] [COPIES <n>] <source>...)
#
# The module links slips::runtime, the compiled implementation of the SDK, with the optional parts (slips::yaml,
# slips::simdjson, slips::tls) that the same CMakeLists.txt links to it. With HEADER_ONLY, or if SLIPS_SDK_HEADER_ONLY is on, it links
# slips::sdk and compiles the implementation itself. With STATIC, or if SLIPS_STATIC_MODULE is on, the program needs no shared
# library, so that it runs on hosts and in images with older ones than this machine.
#
# With COPIES, Slips runs the installed module as <n> processes, which share the profiles (docs/scaling.md); the variable
# SLIPS_MODULE_COPIES, if set, takes precedence for all modules of the build.
#
# Builds a Slips module: a program <name>, with hiredis linked statically where its archive exists. SLIPS_MODULE_NAME is
# defined as its name (a string literal). It is installed as a component of its own, which `cmake --install <build>` alone
# does not install:
#
#   cmake --install <build> --component slips-module --prefix <the folder of Slips>
#
# installs it, its description and the launcher that Slips imports into <the folder of Slips>/modules/<name>/. Of several
# modules those are installed that were built; the others are reported. Cross-built programs are described by
# CMAKE_CROSSCOMPILING_EMULATOR or, without one, by <program>.json beside them: what --describe printed on their own machine.
#
# The sources are not scanned for C++20 modules, which CMake 3.28 and newer may do and which needs clang-scan-deps with
# clang. Set CMAKE_CXX_SCAN_FOR_MODULES or the target's property CXX_SCAN_FOR_MODULES to override this.
function(slips_add_module name)
    if(NOT name MATCHES "^[A-Za-z0-9_][A-Za-z0-9_-]*$")
        message(FATAL_ERROR "slips: a module cannot be called \"${name}\": Slips imports the folder of that name, "
            "so use letters, digits, _ and - only")
    endif()
    set(is_header_only "${SLIPS_SDK_HEADER_ONLY}")
    if("HEADER_ONLY" IN_LIST ARGN)
        set(is_header_only ON)
        list(REMOVE_ITEM ARGN HEADER_ONLY)
    endif()
    set(is_static "${SLIPS_STATIC_MODULE}")
    if("STATIC" IN_LIST ARGN)
        set(is_static ON)
        list(REMOVE_ITEM ARGN STATIC)
    endif()
    set(copies 1)
    list(FIND ARGN "COPIES" copies_at)
    if(NOT copies_at EQUAL -1)
        list(REMOVE_AT ARGN ${copies_at})
        list(LENGTH ARGN left)
        if(copies_at LESS left)
            list(GET ARGN ${copies_at} copies)
            list(REMOVE_AT ARGN ${copies_at})
        else()
            set(copies "")
        endif()
    endif()
    if(NOT "${SLIPS_MODULE_COPIES}" STREQUAL "")
        set(copies "${SLIPS_MODULE_COPIES}")
    endif()
    if(NOT copies MATCHES "^[1-9][0-9]?$" OR copies GREATER 64)
        message(FATAL_ERROR "slips: ${name}: COPIES \"${copies}\" is not a number of processes, 1 to 64")
    endif()
    if(is_static AND DEFINED Hiredis_STATIC_LIBRARY AND NOT Hiredis_STATIC_LIBRARY)
        message(FATAL_ERROR "slips: ${name} cannot be linked statically, because hiredis has no archive (libhiredis.a) "
            "beside ${Hiredis_LIBRARY}")
    endif()
    if(NOT ARGN)
        message(FATAL_ERROR "slips: write slips_add_module(${name} <source>...) with at least one source")
    endif()
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE slips::sdk)
    if(NOT is_header_only)
        # which parts it links is known at the end of the directory
        cmake_language(EVAL CODE "cmake_language(DEFER CALL slips_sdk_link_runtime [[${name}]])")
    endif()
    target_compile_definitions(${name} PRIVATE "SLIPS_MODULE_NAME=\"${name}\"")
    set_target_properties(${name} PROPERTIES SLIPS_STATIC_HIREDIS ON)
    if(is_static)
        target_link_options(${name} PRIVATE -static)
    endif()
    if(NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
        set_target_properties(${name} PROPERTIES CXX_SCAN_FOR_MODULES OFF)
    endif()

    set(describe "")
    if(CMAKE_CROSSCOMPILING)
        set(emulator "$<TARGET_PROPERTY:${name},CROSSCOMPILING_EMULATOR>")
        set(describe "$<IF:$<BOOL:${emulator}>,--emulator=${emulator},--description=$<TARGET_FILE:${name}>.json>")
    endif()
    set_property(GLOBAL APPEND PROPERTY SLIPS_SDK_MODULES
        "slips_module(${name} [==[${CMAKE_CURRENT_BINARY_DIR}]==] [==[$<TARGET_FILE:${name}>]==] [==[${describe}]==] ${copies})\n")
    get_property(is_listed GLOBAL PROPERTY SLIPS_SDK_LISTS_MODULES)
    if(NOT is_listed)
        set_property(GLOBAL PROPERTY SLIPS_SDK_LISTS_MODULES ON)
        cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL slips_sdk_list_modules)
    endif()
    slips_sdk_module_list(list "\${CMAKE_INSTALL_CONFIG_NAME}")
    install(CODE "set(slips_name \"${name}\")
set(slips_modules \"${list}\")
include(\"${CMAKE_CURRENT_FUNCTION_LIST_DIR}/install_into_slips.cmake\")" COMPONENT slips-module EXCLUDE_FROM_ALL)
endfunction()

# slips_sdk_module_list(<variable> <configuration>): the file that lists the modules of the build for its install rules.
function(slips_sdk_module_list variable configuration)
    get_property(has_configurations GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(has_configurations)
        set(${variable} "${CMAKE_BINARY_DIR}/slips-modules-${configuration}.cmake" PARENT_SCOPE)
    else()
        set(${variable} "${CMAKE_BINARY_DIR}/slips-modules.cmake" PARENT_SCOPE)
    endif()
endfunction()

# The paths of the programs are known only at generate time and may depend on the configuration. install(CODE) evaluates
# generator expressions only if the caller's policies allow it (CMP0087), hence a file.
function(slips_sdk_list_modules)
    get_property(modules GLOBAL PROPERTY SLIPS_SDK_MODULES)
    list(JOIN modules "" modules)
    slips_sdk_module_list(list "$<CONFIG>")
    file(GENERATE OUTPUT "${list}" CONTENT "${modules}")
endfunction()

# slips_sdk_link_runtime(<target>): links the runtime with the optional parts that the target links.
function(slips_sdk_link_runtime target)
    get_target_property(linked ${target} LINK_LIBRARIES)
    set(parts "")
    foreach(part IN ITEMS yaml simdjson tls)
        if("slips::${part}" IN_LIST linked OR "slips_${part}" IN_LIST linked)
            if(NOT TARGET slips::${part})
                message(FATAL_ERROR "slips: ${target} links slips::${part}, which is not available: it needs "
                    "${slips_sdk_needs_of_${part}} and, if the SDK is installed, "
                    "find_package(slips-module-sdk COMPONENTS ${part})")
            endif()
            string(APPEND parts "_${part}")
        endif()
    endforeach()
    target_link_libraries(${target} PRIVATE slips::runtime${parts})
endfunction()
