# Runs when a module is installed: installs ${slips_program} into the folder of Slips that the prefix names, with
# install_into_slips.py, which Meson uses as well.
set(slips_installer "${CMAKE_CURRENT_LIST_DIR}/install_into_slips.py")  # in a checkout
if(NOT EXISTS "${slips_installer}")
    set(slips_installer "${CMAKE_CURRENT_LIST_DIR}/../../slips-module-sdk/cmake/install_into_slips.py")
endif()
find_program(slips_python3 python3)
if(NOT slips_python3)
    message(FATAL_ERROR " slips: python3 was not found; installing into Slips requires it (Debian: python3)")
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
