# slips::yaml, for the source tree and for the installed package alike, where yaml-cpp 0.7 or newer is there.
#
# slips::yaml  adds yaml-cpp to slips::sdk: what a module links that shall know slips.yaml when it is started by hand
if(NOT TARGET yaml-cpp::yaml-cpp AND NOT TARGET yaml-cpp)
    find_package(yaml-cpp 0.7 CONFIG QUIET)
endif()
set(slips_sdk_yaml_cpp "")
foreach(slips_sdk_target IN ITEMS yaml-cpp yaml-cpp::yaml-cpp)  # before 0.8, and since
    if(TARGET ${slips_sdk_target})
        set(slips_sdk_yaml_cpp ${slips_sdk_target})
    endif()
endforeach()
if(slips_sdk_yaml_cpp)
    if(slips_sdk_yaml_target STREQUAL "slips::yaml")
        add_library(slips::yaml INTERFACE IMPORTED)
    else()
        add_library(${slips_sdk_yaml_target} INTERFACE)
        add_library(slips::yaml ALIAS ${slips_sdk_yaml_target})
    endif()
    target_link_libraries(${slips_sdk_yaml_target} INTERFACE ${slips_sdk_sdk_target} ${slips_sdk_yaml_cpp})
    # It is in the name of the SDK's namespace, too: objects built with and without it are not mixed up.
    target_compile_definitions(${slips_sdk_yaml_target} INTERFACE SLIPS_SDK_YAML)
endif()
