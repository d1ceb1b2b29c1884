# The *_function.* sources of every block, and the hot loops that are compiled once per width.
set(MAMBASIC_KERNEL_SOURCES
    conv/conv_kernels.cpp
    gated_norm/gated_norm_kernels.cpp
    gemm/gemm_kernels.cpp
    hadamard/hadamard_kernels.cpp
    norm/norm_kernels.cpp
    rotation/rotation_kernels.cpp
    ssm/ssd_decode_kernel.cpp
    ssm/ssd_prefill_kernel.cpp
    ssm/ssm_decode_kernel.cpp
    ssm/ssm_prefill_kernel.cpp
    x_code/x_kernels.cpp)

# One object library a width. -O3 always, so that a debug build emits no out-of-line copies of the
# inline functions these files use; no LTO, so that no wide code leaves its file.
# tests/models/wide_symbols_test.cmake proves both.
function(mambasic_kernels width)
    add_library(mambasic_kernels_${width} OBJECT ${MAMBASIC_KERNEL_SOURCES})
    target_link_libraries(mambasic_kernels_${width} PRIVATE mambasic_flags)
    target_compile_options(mambasic_kernels_${width} PRIVATE -O3 ${ARGN})
    target_compile_definitions(mambasic_kernels_${width} PRIVATE MAMBASIC_WIDTH=${width})
    set_target_properties(mambasic_kernels_${width} PROPERTIES
        INTERPROCEDURAL_OPTIMIZATION OFF POSITION_INDEPENDENT_CODE ON)
    target_sources(mambasic_models PRIVATE $<TARGET_OBJECTS:mambasic_kernels_${width}>)
endfunction()

mambasic_kernels(baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    mambasic_kernels(avx2 -mavx2 -mfma)
    mambasic_kernels(avx512 -mavx2 -mfma -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl
        -mprefer-vector-width=512)
    target_compile_definitions(mambasic_models PRIVATE MAMBASIC_WIDE_KERNELS)
endif()

target_sources(mambasic_models PRIVATE
    common/isa.cpp
    conv/conv_function.cpp
    conv/conv_x.cpp
    embedding/embedding_function.cpp
    gated_norm/gated_norm_function.cpp
    gemm/gemm_counts.cpp
    gemm/gemm_function.cpp
    gemm/gemm_x.cpp
    hadamard/hadamard_function.cpp
    nonlinear/nonlinear_function.cpp
    nonlinear/unit_table.cpp
    norm/norm_function.cpp
    rotation/rotation_function.cpp
    scale_table/scale_table_function.cpp
    scale_table/scale_table_image.cpp
    scale_table/scale_table_search.cpp
    ssm/ssd_function.cpp
    ssm/ssm_function.cpp
    x_code/x_rows.cpp
    x_code/x_use.cpp)
target_link_libraries(mambasic_models PUBLIC mambasic_flags PRIVATE OpenMP::OpenMP_CXX)
if(dnnl_FOUND)
    target_sources(mambasic_models PRIVATE gemm/gemm_onednn.cpp)
    target_link_libraries(mambasic_models PRIVATE DNNL::dnnl)
    target_compile_definitions(mambasic_models PRIVATE MAMBASIC_HAVE_ONEDNN)
endif()
