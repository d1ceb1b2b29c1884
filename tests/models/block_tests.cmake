include(sc_test.cmake)
mambasic_sc_test(models_block_test
    SOURCES block_time_test.cpp dma_block_test.cpp dma_ports_block_test.cpp dram/bank_dram_block_test.cpp
        gated_norm_block_test.cpp x_code/x_block_test.cpp
        jobs_error_test.cpp jobs_random_test.cpp jobs_test.cpp occupancy_test.cpp
        scoreboard_test.cpp sram/port_share_test.cpp ssm/ssd_block_test.cpp
        ssm/ssm_block_test.cpp worker_block_test.cpp
    LIBRARIES mambasic_blocks
    LABELS models)
