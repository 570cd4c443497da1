# `cpack` in the build folder creates two Debian packages: libslips-module-sdk-dev with the headers and what belongs to them,
# for all architectures, and slipsdev, a program.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME slips-module-sdk)
set(CPACK_PACKAGE_VERSION "${slips_sdk_version}")
set(CPACK_PACKAGE_CONTACT "slips-module-sdk maintainers <maintainers@slips-module-sdk.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
# CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS has no effect on what the umask removes.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/open-folders.cmake")
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENTS_ALL slips-module-sdk)

set(CPACK_DEBIAN_SLIPS-MODULE-SDK_PACKAGE_NAME libslips-module-sdk-dev)
set(CPACK_DEBIAN_SLIPS-MODULE-SDK_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SLIPS-MODULE-SDK_PACKAGE_DEPENDS "libhiredis-dev (>= 0.14), nlohmann-json3-dev (>= 3.10.5), python3:any")
set(CPACK_DEBIAN_SLIPS-MODULE-SDK_PACKAGE_RECOMMENDS slipsdev)
set(CPACK_DEBIAN_SLIPS-MODULE-SDK_PACKAGE_SUGGESTS "libyaml-cpp-dev, libsimdjson-dev, libssl-dev")
set(CPACK_COMPONENT_SLIPS-MODULE-SDK_DESCRIPTION
    "write native modules of the Slips intrusion prevention system
Header-only C++20 library, CMake, Meson and pkg-config packages, a module to copy, and the
launcher with which Slips starts a native program as one of its modules.")

if(TARGET slipsdev)
    list(APPEND CPACK_COMPONENTS_ALL slipsdev)
    set(CPACK_DEBIAN_SLIPSDEV_PACKAGE_NAME slipsdev)
    set(CPACK_DEBIAN_SLIPSDEV_PACKAGE_SECTION devel)
    set(CPACK_DEBIAN_SLIPSDEV_PACKAGE_DEPENDS "redis-server | valkey-server")
    set(CPACK_DEBIAN_SLIPSDEV_PACKAGE_SHLIBDEPS ON)  # adds the libraries it is linked with
    set(CPACK_DEBIAN_SLIPSDEV_PACKAGE_RECOMMENDS "libslips-module-sdk-dev, python3")
    set(CPACK_COMPONENT_SLIPSDEV_DESCRIPTION
        "development tool for modules of the Slips intrusion prevention system
Stands in for Slips: plays Zeek logs and recordings to a module and checks its evidence, creates new
modules, records and reads what Slips publishes, and reports why a module does not start.")
endif()

set(slips_sdk_copyright "${PROJECT_BINARY_DIR}/package/copyright")
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" slips_sdk_licence)
file(WRITE "${slips_sdk_copyright}" "slips-module-sdk\n\n${slips_sdk_licence}")
install(FILES "${slips_sdk_copyright}" DESTINATION share/doc/libslips-module-sdk-dev COMPONENT slips-module-sdk
    EXCLUDE_FROM_ALL)
if(TARGET slipsdev)
    install(FILES "${slips_sdk_copyright}" DESTINATION share/doc/slipsdev COMPONENT slipsdev EXCLUDE_FROM_ALL)
endif()

include(CPack)
