# The optional parts of the SDK, for the source tree and for the installed package. Each is a target that adds a library to
# slips::sdk, and exists if the library was found.
#
# slips::yaml      yaml-cpp 0.7: a module that is started by hand can read slips.yaml
# slips::simdjson  simdjson 3.0: reads messages several times as fast
# slips::tls       the SSL library of hiredis 1.0, and OpenSSL 1.1: a module can encrypt its connections to Redis
#
# slips_sdk_parts lists the requested ones. The inline namespace of the SDK depends on them, so that objects built with and
# without a part do not link with each other.
set(slips_sdk_needs_of_yaml "yaml-cpp 0.7 or newer (Debian: libyaml-cpp-dev)")
set(slips_sdk_needs_of_simdjson "simdjson 3.0 or newer (Debian: libsimdjson-dev)")
set(slips_sdk_needs_of_tls "hiredis 1.0 or newer with its SSL library, and OpenSSL 1.1 or newer (since Debian 13: libhiredis-dev libssl-dev)")

# slips_sdk_add_part(<part> <definition> <target of the library>...): links the first of the targets that exists
macro(slips_sdk_add_part part definition)
    set(slips_sdk_library "")
    foreach(slips_sdk_candidate IN ITEMS ${ARGN})
        if(TARGET ${slips_sdk_candidate} AND NOT slips_sdk_library)
            set(slips_sdk_library ${slips_sdk_candidate})
        endif()
    endforeach()
    if(slips_sdk_library AND NOT TARGET slips::${part})
        if(slips_sdk_sdk_target STREQUAL "slips::sdk")
            set(slips_sdk_part slips::${part})
            add_library(${slips_sdk_part} INTERFACE IMPORTED)
        else()
            set(slips_sdk_part slips_${part})
            add_library(${slips_sdk_part} INTERFACE)
            add_library(slips::${part} ALIAS ${slips_sdk_part})
        endif()
        target_link_libraries(${slips_sdk_part} INTERFACE ${slips_sdk_sdk_target} ${slips_sdk_library})
        target_compile_definitions(${slips_sdk_part} INTERFACE ${definition})
    endif()
endmacro()

if("yaml" IN_LIST slips_sdk_parts)
    if(NOT TARGET yaml-cpp::yaml-cpp AND NOT TARGET yaml-cpp)
        find_package(yaml-cpp 0.7 CONFIG QUIET)
    endif()
    slips_sdk_add_part(yaml SLIPS_SDK_YAML yaml-cpp::yaml-cpp yaml-cpp)  # the names since 0.8 and before
endif()
if("simdjson" IN_LIST slips_sdk_parts)
    if(NOT TARGET simdjson::simdjson)
        find_package(simdjson CONFIG QUIET)  # without a version: CMake would reject a newer major version
    endif()
    if(NOT simdjson_VERSION OR simdjson_VERSION VERSION_GREATER_EQUAL 3.0)
        slips_sdk_add_part(simdjson SLIPS_SDK_SIMDJSON simdjson::simdjson)
    endif()
endif()
if("tls" IN_LIST slips_sdk_parts AND TARGET hiredis::hiredis_ssl AND NOT TARGET slips::tls)
    if(NOT TARGET OpenSSL::SSL)
        find_package(OpenSSL 1.1 QUIET)
    endif()
    slips_sdk_add_part(tls SLIPS_SDK_TLS OpenSSL::SSL)
    if(TARGET slips::tls)
        # the archive for the programs that link that of hiredis, see slips-sdk-targets.cmake
        set(slips_sdk_ssl_archive
            "$<AND:$<BOOL:$<TARGET_PROPERTY:SLIPS_STATIC_HIREDIS>>,$<TARGET_EXISTS:hiredis::hiredis_ssl_static>>")
        target_link_libraries(${slips_sdk_part} INTERFACE
            "$<IF:${slips_sdk_ssl_archive},hiredis::hiredis_ssl_static,hiredis::hiredis_ssl>")
    endif()
endif()
