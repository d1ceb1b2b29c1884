mambasic_test(fidelity_test
    SOURCES desk_estimate_test.cpp rtl_blocks.cpp rtl_test.cpp scale_sim_test.cpp
    LIBRARIES mambasic_models
    LABELS fidelity)
target_compile_definitions(fidelity_test PRIVATE MAMBASIC_SOURCE="${PROJECT_SOURCE_DIR}")

# Beside Ramulator 2.1's controller.
mambasic_test(fidelity_dram_test
    SOURCES dram_pattern.cpp dram_peers_test.cpp
    LIBRARIES mambasic_models mambasic_config
    LABELS fidelity)
target_compile_definitions(fidelity_dram_test PRIVATE MAMBASIC_SOURCE="${PROJECT_SOURCE_DIR}")
