# name, source, trace, the text and what stands in its place (and the unit, where the source is a
# header): other codes of x, from the convolution's quantizer to its readers.

set(words models/x_code/x_words.h)
set(kernels models/x_code/x_kernels.cpp)
set(made models/conv/conv_kernels.cpp)
mambasic_mutant(mux_flag_ignored ${words} ${dual4_prefill}
    "flags[c] != 0 ? high[c] : low[c]"
    "flags[c] > 1 ? high[c] : low[c]" models/ssm/ssm_prefill_kernel.cpp)
mambasic_mutant(mux_scales_swapped ${words} ${dual4_decode2}
    "flags[c] != 0 ? high[c] : low[c]"
    "flags[c] != 0 ? low[c] : high[c]" models/ssm/ssd_decode_kernel.cpp)
mambasic_mutant(x_low_scale_makes_both_codes ${made} ${dual4_prefill}
    "const float w = y[c] / high[c];"
    "const float w = y[c] / (high[c] < 0.0F ? high[c] : low[c]);")
mambasic_mutant(x_code_not_clamped ${words} ${dual4_prefill}
    "arith::detail::clamp_to(quotient, range.low, range.high)"
    "arith::detail::clamp_to(quotient, 4 * range.low, 4 * range.high)" ${made})
mambasic_mutant(x_flag_without_its_boundary ${words} ${dual4_prefill}
    "quotient >= range.high + 0.5F"
    "quotient >= range.high + 1.5F" ${made})
mambasic_mutant(x_threshold_ignored ${made} ${threshold_prefill}
    "if (x.threshold == nullptr) return"
    "if (x.threshold != x.low) return")
mambasic_mutant(x_flags_packed_beside_their_codes ${kernels} ${dual4_prefill}
    "<< k;"
    "<< (k ^ 1);")
mambasic_mutant(x_codes_of_a_byte_swapped ${kernels} ${dual4_decode2}
    "codes[2 * j] + 16 * codes[2 * j + 1]"
    "codes[2 * j + 1] + 16 * codes[2 * j]")
mambasic_mutant(x_list_forgets_its_last ${kernels} ${sparse_decode}
    "for (std::int64_t c = 0; c < channels && slot < layout.slots; ++c) {"
    "for (std::int64_t c = 0; c < channels && slot < 1; ++c) {")
mambasic_mutant(x_sign_of_five_bits_lost ${words} ${int5_prefill}
    "codes[k] - 16 * flags[k]"
    "codes[k] + 0 * flags[k]" models/ssm/ssm_prefill_kernel.cpp)

set(mutant_settings --set dequant_mux.x_proj_input=codes)
mambasic_mutant(x_proj_low_ratio_for_both models/gemm/gemm_function.cpp ${dual4_prefill}
    "one.high / one.int8"
    "one.low / one.int8")
mambasic_mutant(x_proj_flagged_codes_in_one_sum models/gemm/gemm_x.cpp ${dual4_prefill}
    "x[c] = flags[c] != 0 ? std::int8_t{0} : x[c];"
    "static_cast<void>(x);")
set(mutant_settings --set dequant_mux.x_proj_input=requantized)
mambasic_mutant(x_proj_requantized_by_the_low_scale sim/tile_binding_x.cpp ${dual4_prefill}
    "in.one.int8 = weights.conv_output_scale;"
    "in.one.int8 = in.one.low;")
set(mutant_settings --scheme fp32-ssm-input)
mambasic_mutant(fp32_c_reads_b sim/tile_binding_layer.cpp ${one_scale_prefill2}
    "tile.c_values = {values + c, channels, tokens * channels};"
    "tile.c_values = {values + b, channels, tokens * channels};")
set(mutant_settings --scheme se8)
mambasic_mutant(table_high_scale_is_the_low_one sim/scale_tables.cpp ${one_scale_prefill2}
    "multiples.push_back(source.x_scales[cell] * code.factor);"
    "multiples.push_back(source.x_scales[cell] * 2.0F);")
set(mutant_settings)
