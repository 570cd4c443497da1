# Installs the headers, the CMake package, the .pc files, the template, and the scripts that install a module into Slips.
# meson.build installs the same files; tests/packaging compares the two.
include(GNUInstallDirs)

set(slips_sdk_config_dir "${CMAKE_INSTALL_DATADIR}/cmake/slips-module-sdk")
set(slips_sdk_pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
set(slips_sdk_data_dir "${CMAKE_INSTALL_DATADIR}/slips-module-sdk")

set(VERSION "${slips_sdk_version}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
    set(PREFIX "${CMAKE_INSTALL_PREFIX}")
    set(INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
    set(SDKDIR "${CMAKE_INSTALL_FULL_DATADIR}/slips-module-sdk")
    set(CONFIG_INCLUDE_DIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
    set(CONFIG_SDK_DIR "${SDKDIR}")
else()
    # Relative paths, so that the installed folder can be moved.
    string(REGEX REPLACE "[^/]+" ".." slips_sdk_from_pc_to_prefix "${slips_sdk_pc_dir}")
    string(REGEX REPLACE "[^/]+" ".." slips_sdk_from_config_to_prefix "${slips_sdk_config_dir}")
    set(PREFIX "\${pcfiledir}/${slips_sdk_from_pc_to_prefix}")
    set(INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
    set(SDKDIR "\${prefix}/${slips_sdk_data_dir}")
    set(CONFIG_INCLUDE_DIR
        "\${CMAKE_CURRENT_LIST_DIR}/${slips_sdk_from_config_to_prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
    set(CONFIG_SDK_DIR "\${CMAKE_CURRENT_LIST_DIR}/${slips_sdk_from_config_to_prefix}/${slips_sdk_data_dir}")
endif()

set(slips_sdk_generated "${PROJECT_BINARY_DIR}/package")
foreach(file IN ITEMS slips-module-sdk-config.cmake slips-module-sdk-config-version.cmake slips-module-sdk.pc
        slips-module-sdk-yaml.pc slips-module-sdk-simdjson.pc slips-module-sdk-tls.pc)
    configure_file("cmake/${file}.in" "${slips_sdk_generated}/${file}" @ONLY)
endforeach()

set(slips_sdk_component COMPONENT slips-module-sdk)
install(DIRECTORY include/slips DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" ${slips_sdk_component}
    FILES_MATCHING PATTERN "*.hpp")
install(FILES
    "${slips_sdk_generated}/slips-module-sdk-config.cmake"
    "${slips_sdk_generated}/slips-module-sdk-config-version.cmake"
    cmake/slips-sdk-dependencies.cmake
    cmake/slips-sdk-targets.cmake
    cmake/slips-sdk-parts.cmake
    cmake/slips-sdk-runtime.cmake
    cmake/slips_add_module.cmake
    cmake/install_into_slips.cmake
    cmake/FindHiredis.cmake
    DESTINATION "${slips_sdk_config_dir}" ${slips_sdk_component})
install(FILES "${slips_sdk_generated}/slips-module-sdk.pc" "${slips_sdk_generated}/slips-module-sdk-yaml.pc"
    "${slips_sdk_generated}/slips-module-sdk-simdjson.pc" "${slips_sdk_generated}/slips-module-sdk-tls.pc"
    DESTINATION "${slips_sdk_pc_dir}" ${slips_sdk_component})
install(DIRECTORY templates/module DESTINATION "${slips_sdk_data_dir}/templates" ${slips_sdk_component}
    PATTERN build EXCLUDE)
# Laid out as in a checkout: the script finds the launcher relative to itself.
install(FILES cmake/install_into_slips.py DESTINATION "${slips_sdk_data_dir}/cmake" ${slips_sdk_component})
install(FILES src/runtime.cpp DESTINATION "${slips_sdk_data_dir}/src" ${slips_sdk_component})
install(FILES launcher/slips_module.py launcher/slips_package.py DESTINATION "${slips_sdk_data_dir}/launcher" ${slips_sdk_component})
if(TARGET slipsdev)
    install(TARGETS slipsdev RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT slipsdev)
endif()
