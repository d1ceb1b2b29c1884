mambasic_test(models_config_test
    SOURCES block_config_test.cpp common_cost_test.cpp
        dequant_mux/dequant_mux_cost_test.cpp gated_norm_cost_test.cpp
        gemm_cost_test.cpp rotation/rotation_cost_test.cpp scale_table/scale_table_cost_test.cpp
        ssm/ssd_cost_test.cpp
        ssm_cost_test.cpp stream_cost_test.cpp yaml_map_test.cpp yaml_tree_test.cpp
    LIBRARIES mambasic_models
    LABELS models)
