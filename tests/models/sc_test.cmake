# Tests that let simulated time pass: their own main(), because SystemC brings one, and one process
# for each TEST, because SystemC allows one elaboration.
function(mambasic_sc_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/models/sc_test_main.cpp)
    target_link_libraries(${name} PRIVATE mambasic_flags ${ARG_LIBRARIES} mambasic_systemc
        GTest::gtest)
    gtest_discover_tests(${name} TEST_PREFIX ${name}/ DISCOVERY_TIMEOUT 60
        PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120 ENVIRONMENT "OMP_NUM_THREADS=2")
endfunction()
