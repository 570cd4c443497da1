# slips::runtime: the implementation of the SDK as a static library, for the source tree and for the installed package alike.
# A program that links it compiles in a fraction of the time. It is built when a program links it, with the flags of the
# project that uses it.
#
# slips::runtime, and with the optional parts that are available: slips::runtime_yaml, slips::runtime_simdjson,
# slips::runtime_tls, slips::runtime_yaml_simdjson and so on, with the parts in this order. slips_add_module() picks the one
# that matches the parts a module links.
#
# slips_sdk_runtime_source is the source file of the library.
function(slips_sdk_add_runtime)
    set(name "")
    set(needed "")
    foreach(part IN LISTS ARGN)
        if(NOT TARGET slips::${part})
            return()
        endif()
        string(APPEND name "_${part}")
        list(APPEND needed slips::${part})
    endforeach()
    if(TARGET slips_runtime${name})
        return()
    endif()
    add_library(slips_runtime${name} STATIC EXCLUDE_FROM_ALL "${slips_sdk_runtime_source}")
    add_library(slips::runtime${name} ALIAS slips_runtime${name})
    target_link_libraries(slips_runtime${name} PUBLIC slips::sdk ${needed})
    target_compile_definitions(slips_runtime${name} PUBLIC SLIPS_SDK_SEPARATE_COMPILATION)
    set_target_properties(slips_runtime${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(NOT DEFINED CMAKE_CXX_SCAN_FOR_MODULES)
        set_target_properties(slips_runtime${name} PROPERTIES CXX_SCAN_FOR_MODULES OFF)
    endif()
endfunction()

foreach(yaml IN ITEMS "" yaml)
    foreach(simdjson IN ITEMS "" simdjson)
        foreach(tls IN ITEMS "" tls)
            slips_sdk_add_runtime(${yaml} ${simdjson} ${tls})
        endforeach()
    endforeach()
endforeach()
