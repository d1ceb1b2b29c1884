mambasic_test(models_function_test
    SOURCES conv_function_test.cpp conv_sections_test.cpp
        x_code/conv_x_ends_test.cpp x_code/conv_x_test.cpp x_code/x_rows_test.cpp
        x_code/gemm_x_test.cpp x_code/ssm_x_test.cpp embedding_function_test.cpp
        gated_norm_function_test.cpp gemm_columns_test.cpp gemm_function_test.cpp
        gemm_threads_test.cpp
        hadamard_function_test.cpp isa_function_test.cpp nonlinear_function_test.cpp
        norm_function_test.cpp rotation/rotation_function_test.cpp
        scale_table/scale_table_counts_test.cpp scale_table/scale_table_function_test.cpp
        scale_table/x_columns_test.cpp ssm/ssd_function_test.cpp ssm/ssm_state_code_test.cpp
        ssm_function_test.cpp
    LIBRARIES mambasic_models
    LABELS models)

# Where the chip's bits meet golden's: by itself, so that no other test of a model can see golden.
mambasic_test(models_against_golden_test
    SOURCES x_code/x_words_against_golden_test.cpp
    LIBRARIES mambasic_models mambasic_golden
    LABELS models)

# The words of x stand in front of the blocks that make and read them.
add_test(NAME models_x_code_uses_no_block
    COMMAND sh -c [[! grep -rnE '#include "(models|golden|sim)/' "$0" | grep -vE '"(models/(common|x_code)/|golden/arithmetic.h)']]
        ${PROJECT_SOURCE_DIR}/models/x_code)
set_tests_properties(models_x_code_uses_no_block PROPERTIES LABELS models)

# A function of a shared header that is emitted out of line in a wide object could be the copy that
# the linker keeps for everyone; then the program dies on a narrow CPU.
foreach(width avx2 avx512)
    if(TARGET mambasic_kernels_${width})
        add_test(NAME models_wide_symbols/${width}
            COMMAND ${CMAKE_COMMAND} "-DOBJECTS=$<TARGET_OBJECTS:mambasic_kernels_${width}>"
                -DNM=${CMAKE_NM} -P ${CMAKE_CURRENT_SOURCE_DIR}/wide_symbols_test.cmake)
        set_tests_properties(models_wide_symbols/${width} PROPERTIES LABELS models)
    endif()
endforeach()
