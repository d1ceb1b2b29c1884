# Writes build_info.cpp when its content changes; run at build time, so that the version is that of
# the commit that was compiled. Arguments: SOURCE, OUTPUT, NVCC, FLAGS.
execute_process(COMMAND git describe --always --dirty --tags
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET)
if(NOT version)
    set(version "unknown")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/build_info.cpp.in ${OUTPUT} @ONLY)
