mambasic_test(models_config_test
    SOURCES block_config_test.cpp common_cost_test.cpp
        dequant_mux/dequant_mux_cost_test.cpp gated_norm_cost_test.cpp
        gemm_cost_test.cpp rotation/rotation_cost_test.cpp scale_table/scale_table_cost_test.cpp
        ssm/ssd_cost_test.cpp
        ssm_cost_test.cpp sram/sram_walk_test.cpp stream_cost_test.cpp yaml_map_test.cpp yaml_tree_test.cpp
    LIBRARIES mambasic_models
    LABELS models)
mambasic_test(models_dram_test
    SOURCES dram/dram_banks_test.cpp dram/dram_config_test.cpp dram/dram_controller_test.cpp
        dram/dram_every_cycle_test.cpp dram/every_cycle.cpp
        dram/dram_map_test.cpp dram/dram_rules_test.cpp
    LIBRARIES mambasic_models
    LABELS models)
target_compile_definitions(models_dram_test PRIVATE MAMBASIC_SOURCE="${PROJECT_SOURCE_DIR}")
