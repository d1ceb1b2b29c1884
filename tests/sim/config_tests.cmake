mambasic_test(sim_config_test
    SOURCES cards_test.cpp chip_config_test.cpp config_files_test.cpp explain_test.cpp
            key_names_test.cpp scheme_code_test.cpp scheme_test.cpp stages_test.cpp
    LIBRARIES mambasic_config
    LABELS sim)
target_compile_definitions(sim_config_test PRIVATE MAMBASIC_HW_CONFIG="${PROJECT_SOURCE_DIR}/hw_config")

include(${PROJECT_SOURCE_DIR}/tests/models/sc_test.cmake)
mambasic_sc_test(sim_plan_test
    SOURCES block_rows_test.cpp energy_test.cpp layer_plan_test.cpp plausibility_test.cpp
            roofline_test.cpp scale_tables_test.cpp scratchpad_layout_test.cpp timeline_recorder_test.cpp
    LIBRARIES mambasic_sim mambasic_config
    LABELS sim)
target_compile_definitions(sim_plan_test PRIVATE MAMBASIC_HW_CONFIG="${PROJECT_SOURCE_DIR}/hw_config")

mambasic_test(sim_scales_table_test
    SOURCES scales_table_test.cpp
            ${PROJECT_SOURCE_DIR}/sim/commands/scales_kinds.cpp
            ${PROJECT_SOURCE_DIR}/sim/commands/scales_table.cpp
    LIBRARIES mambasic_front mambasic_synth
    LABELS sim)

mambasic_test(sim_dram_trace_test
    SOURCES dram_trace_test.cpp
    LIBRARIES mambasic_front
    LABELS sim)

mambasic_test(sim_timeline_test
    SOURCES timeline_json_test.cpp timeline_vcd_test.cpp timeline_window_test.cpp
    LIBRARIES mambasic_front nlohmann_json::nlohmann_json
    LABELS sim)
