mambasic_test(config_fuzz_test
    SOURCES config_fuzz_test.cpp
    LIBRARIES mambasic_config
    LABELS fuzz)
target_compile_definitions(config_fuzz_test PRIVATE MAMBASIC_HW_CONFIG="${PROJECT_SOURCE_DIR}/hw_config")
