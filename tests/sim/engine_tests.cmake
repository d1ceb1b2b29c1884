include(${PROJECT_SOURCE_DIR}/tests/models/sc_test.cmake)
mambasic_sc_test(sim_engine_test
    SOURCES engine/simulate.cpp engine/chip_conservation_test.cpp engine/chip_trends_test.cpp engine/codes_test.cpp engine/rotation_test.cpp engine/run_test.cpp
        engine/schedule_test.cpp engine/space_pool_test.cpp engine/too_small_test.cpp
    LIBRARIES mambasic_sim mambasic_config mambasic_synth
    LABELS sim)
