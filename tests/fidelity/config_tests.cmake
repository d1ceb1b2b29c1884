mambasic_test(fidelity_test
    SOURCES scale_sim_test.cpp
    LIBRARIES mambasic_models
    LABELS fidelity)
