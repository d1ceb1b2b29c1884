# The blocks as SystemC modules, and what they share.
add_library(mambasic_blocks STATIC
    common/dispatch.cpp
    common/jobs.cpp
    common/ledger.cpp
    common/occupancy.cpp
    common/scoreboard.cpp
    common/stats.cpp
    common/task.cpp
    common/worker.cpp
    conv/conv.cpp
    dma/dma.cpp
    dram/bank_dram.cpp
    dram/dram.cpp
    dram/stream_dram.cpp
    embedding/embedding.cpp
    gated_norm/gated_norm.cpp
    gemm/gemm.cpp
    hadamard/hadamard.cpp
    norm/norm.cpp
    rotation/rotation.cpp
    scale_table/scale_table.cpp
    sram/sram.cpp
    ssm/ssm.cpp)
target_link_libraries(mambasic_blocks PUBLIC mambasic_models mambasic_systemc)
