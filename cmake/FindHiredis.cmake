# Finds hiredis 0.14 or 1.x.
#
# Looks, in this order, for a target that the project already has (it must provide <hiredis/hiredis.h>), for hiredis' own
# CMake package (1.x built with CMake), and for header and library (0.14, 1.x built with make, most distributions), with
# pkg-config's result as a hint.
#
# hiredis::hiredis         the library
# hiredis::hiredis_static  its archive, only if there is one beside the library
# hiredis::hiredis_ssl, hiredis::hiredis_ssl_static
#                          its SSL library (1.0 and newer) and the archive of it, only if they are beside the library; to be
#                          linked, they need OpenSSL::SSL
# Hiredis_VERSION, Hiredis_INCLUDE_DIR, Hiredis_LIBRARY, Hiredis_STATIC_LIBRARY
# Defines the targets of the SSL library beside a hiredis; none if it is not there.
function(hiredis_find_ssl include_dir library_dir)
    find_path(Hiredis_SSL_INCLUDE_DIR hiredis/hiredis_ssl.h HINTS ${include_dir} NO_DEFAULT_PATH)
    find_library(Hiredis_SSL_LIBRARY hiredis_ssl HINTS "${library_dir}" NO_DEFAULT_PATH)
    find_library(Hiredis_SSL_STATIC_LIBRARY
        NAMES "${CMAKE_STATIC_LIBRARY_PREFIX}hiredis_ssl${CMAKE_STATIC_LIBRARY_SUFFIX}" HINTS "${library_dir}"
        NO_DEFAULT_PATH)
    mark_as_advanced(Hiredis_SSL_INCLUDE_DIR Hiredis_SSL_LIBRARY Hiredis_SSL_STATIC_LIBRARY)
    if(Hiredis_SSL_INCLUDE_DIR AND Hiredis_SSL_LIBRARY AND NOT TARGET hiredis::hiredis_ssl)
        add_library(hiredis::hiredis_ssl UNKNOWN IMPORTED)
        set_target_properties(hiredis::hiredis_ssl PROPERTIES IMPORTED_LOCATION "${Hiredis_SSL_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${Hiredis_SSL_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES OpenSSL::SSL)
    endif()
    if(Hiredis_SSL_INCLUDE_DIR AND Hiredis_SSL_STATIC_LIBRARY AND TARGET hiredis::hiredis_static
            AND NOT TARGET hiredis::hiredis_ssl_static)
        add_library(hiredis::hiredis_ssl_static STATIC IMPORTED)
        set_target_properties(hiredis::hiredis_ssl_static PROPERTIES IMPORTED_LOCATION "${Hiredis_SSL_STATIC_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${Hiredis_SSL_INCLUDE_DIR}"
            INTERFACE_LINK_LIBRARIES "hiredis::hiredis_static;OpenSSL::SSL")
    endif()
endfunction()

if(TARGET hiredis::hiredis)
    set(Hiredis_FOUND TRUE)
    # The project may have looked for hiredis alone; a later request for TLS needs the SSL library of that hiredis.
    get_target_property(Hiredis_is_imported hiredis::hiredis IMPORTED)
    if(Hiredis_is_imported AND NOT TARGET hiredis::hiredis_ssl)
        get_target_property(Hiredis_known_include hiredis::hiredis INTERFACE_INCLUDE_DIRECTORIES)
        get_target_property(Hiredis_known_library hiredis::hiredis IMPORTED_LOCATION)
        if(hiredis_FOUND)  # by hiredis' own package
            find_package(hiredis_ssl CONFIG QUIET)
        elseif(Hiredis_known_include AND Hiredis_known_library)
            get_filename_component(Hiredis_library_dir "${Hiredis_known_library}" DIRECTORY)
            hiredis_find_ssl("${Hiredis_known_include}" "${Hiredis_library_dir}")
        endif()
    endif()
    return()
endif()

set(Hiredis_archive "${CMAKE_STATIC_LIBRARY_PREFIX}hiredis${CMAKE_STATIC_LIBRARY_SUFFIX}")
find_package(hiredis CONFIG QUIET)
if(TARGET hiredis::hiredis)
    find_package(hiredis_ssl CONFIG QUIET)
    set(Hiredis_VERSION "${hiredis_VERSION}")
    set(Hiredis_LIBRARY hiredis::hiredis)
    get_target_property(Hiredis_INCLUDE_DIR hiredis::hiredis INTERFACE_INCLUDE_DIRECTORIES)
    get_filename_component(Hiredis_library_dir "${hiredis_DIR}/../.." ABSOLUTE)
else()
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(Hiredis_PC QUIET hiredis)
    endif()
    find_path(Hiredis_INCLUDE_DIR hiredis/hiredis.h HINTS ${Hiredis_PC_INCLUDE_DIRS} "${Hiredis_PC_PREFIX}/include")
    find_library(Hiredis_LIBRARY hiredis HINTS ${Hiredis_PC_LIBRARY_DIRS} "${Hiredis_PC_LIBDIR}")
    get_filename_component(Hiredis_library_dir "${Hiredis_LIBRARY}" DIRECTORY)
    if(Hiredis_INCLUDE_DIR)
        file(STRINGS "${Hiredis_INCLUDE_DIR}/hiredis/hiredis.h" Hiredis_VERSION
            REGEX "^#define HIREDIS_(MAJOR|MINOR|PATCH) +[0-9]+$")
        string(REGEX REPLACE "#define HIREDIS_[A-Z]+ +" "" Hiredis_VERSION "${Hiredis_VERSION}")
        list(JOIN Hiredis_VERSION "." Hiredis_VERSION)
    endif()
endif()
# Only beside the library, because an archive of another version would not match the header.
find_library(Hiredis_STATIC_LIBRARY NAMES ${Hiredis_archive} HINTS "${Hiredis_library_dir}" NO_DEFAULT_PATH)
mark_as_advanced(Hiredis_INCLUDE_DIR Hiredis_LIBRARY Hiredis_STATIC_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hiredis
    REQUIRED_VARS Hiredis_LIBRARY Hiredis_INCLUDE_DIR VERSION_VAR Hiredis_VERSION)

if(Hiredis_FOUND)
    if(NOT TARGET hiredis::hiredis)
        add_library(hiredis::hiredis UNKNOWN IMPORTED)
        set_target_properties(hiredis::hiredis PROPERTIES
            IMPORTED_LOCATION "${Hiredis_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Hiredis_INCLUDE_DIR}")
    endif()
    if(Hiredis_STATIC_LIBRARY AND NOT TARGET hiredis::hiredis_static)
        add_library(hiredis::hiredis_static STATIC IMPORTED)
        set_target_properties(hiredis::hiredis_static PROPERTIES
            IMPORTED_LOCATION "${Hiredis_STATIC_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Hiredis_INCLUDE_DIR}")
    endif()
    hiredis_find_ssl("${Hiredis_INCLUDE_DIR}" "${Hiredis_library_dir}")
endif()
