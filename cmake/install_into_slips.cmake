# Runs when a module is installed: installs the module ${slips_name} of those that the file ${slips_modules} lists into the
# folder of Slips that the prefix names, with install_into_slips.py, which Meson uses as well.
set(slips_installer "${CMAKE_CURRENT_LIST_DIR}/install_into_slips.py")  # in a checkout
if(NOT EXISTS "${slips_installer}")
    set(slips_installer "${CMAKE_CURRENT_LIST_DIR}/../../slips-module-sdk/cmake/install_into_slips.py")
endif()
find_program(slips_python3 python3)
if(NOT slips_python3)
    message(FATAL_ERROR " slips: python3 was not found; installing into Slips requires it (Debian: python3)")
endif()

# slips_module(<name> <build folder> <program>): a line of the list. Counts those that were built of the modules that this
# command installs: of the whole build, or of one of its folders.
macro(slips_module name folder program)
    if("${name}" STREQUAL "${slips_name}")
        set(slips_program "${program}")
    endif()
    get_filename_component(slips_folder "${folder}" REALPATH)
    string(FIND "${slips_folder}/" "${slips_build}/" slips_at)
    if(slips_at EQUAL 0 AND EXISTS "${program}")
        math(EXPR slips_built "${slips_built} + 1")
    endif()
endmacro()
set(slips_build "")
if(CMAKE_SCRIPT_MODE_FILE)
    get_filename_component(slips_build "${CMAKE_SCRIPT_MODE_FILE}" REALPATH)
    get_filename_component(slips_build "${slips_build}" DIRECTORY)
endif()
set(slips_built 0)
include("${slips_modules}")
if(NOT EXISTS "${slips_program}" AND slips_built GREATER 0)
    message(NOTICE "slips: ${slips_name} was not built, so it is not installed: no ${slips_program}")
    return()
endif()

# The blank before the message keeps CMake from wrapping it.
execute_process(COMMAND "${slips_python3}" "${slips_installer}" "${slips_program}" "${CMAKE_INSTALL_PREFIX}"
    RESULT_VARIABLE slips_status ERROR_VARIABLE slips_output)
string(STRIP "${slips_output}" slips_output)
if(NOT slips_status EQUAL 0)
    message(FATAL_ERROR " ${slips_output}")
elseif(slips_output)
    message(NOTICE "${slips_output}")
endif()

get_filename_component(slips_module "${slips_program}" NAME)
foreach(slips_file IN ITEMS __init__.py "${slips_module}.py" "${slips_module}" "${slips_module}.json")
    list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${CMAKE_INSTALL_PREFIX}/modules/${slips_module}/${slips_file}")
endforeach()
