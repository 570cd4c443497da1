# The requirements of the two targets, for the source tree (where they are libraries of the project) and for the installed
# package (where they are imported).
#
# slips::core  the headers and nlohmann_json: enough for a module's unit tests
# slips::sdk   adds hiredis; a module links it. If the program's property SLIPS_STATIC_HIREDIS is on, hiredis is linked
#              statically where its archive exists, so that the program runs on a host without the library.
target_compile_features(${slips_sdk_core_target} INTERFACE cxx_std_20)
target_link_libraries(${slips_sdk_core_target} INTERFACE nlohmann_json::nlohmann_json)
set(slips_sdk_hiredis_archive
    "$<AND:$<BOOL:$<TARGET_PROPERTY:SLIPS_STATIC_HIREDIS>>,$<TARGET_EXISTS:hiredis::hiredis_static>>")
target_link_libraries(${slips_sdk_sdk_target} INTERFACE
    ${slips_sdk_core_target}
    "$<IF:${slips_sdk_hiredis_archive},hiredis::hiredis_static,hiredis::hiredis>")
