# name, source, trace, the text and what stands in its place. `ties` is the trace whose scales are
# powers of two, so that values fall on rounding boundaries (tests/e2e/make_ties_trace.cpp).

# Selective scan
set(ssm models/ssm/ssm_kernels.cpp)
mambasic_mutant(ssm_update_not_fused ${ssm} ${prefill}
    "h[e] = arith::fma(decay, h[e], du[e] * b);"
    "h[e] = decay * h[e] + du[e] * b;")
mambasic_mutant(ssm_exp_one_ulp_off ${ssm} ${prefill}
    "const float decay = unit::exp<kExp>(exp, a[e] * dt[e]);"
    "const float decay = arith::detail::bit_cast<float>(arith::detail::bit_cast<std::uint32_t>(unit::exp<kExp>(exp, a[e] * dt[e])) + 1U);")
mambasic_mutant(ssm_carry_not_loaded ${ssm} ${prefill}
    "p.h[n * kE + e] = s.carry[e * s.states + n];"
    "p.h[n * kE + e] = 0.0F;")
mambasic_mutant(ssm_skip_left_out ${ssm} ${prefill}
    "p.out[e] = p.d[e] * p.u[e];"
    "p.out[e] = 0.0F;")
mambasic_mutant(ssm_gate_as_in_decode ${ssm} ${prefill}
    "y[e] = arith::to_half((out[e] * zf) / (1.0F + arith::exp(-zf)));"
    "y[e] = arith::to_half(out[e] * (zf * arith::sigmoid(zf)));")
mambasic_mutant(ssm_bias_scale_swapped ${ssm} ${prefill}
    "p.bias[e] = s.dt_bias_scale * static_cast<float>(s.dt_bias[e]);"
    "p.bias[e] = s.d_scale * static_cast<float>(s.dt_bias[e]);")
mambasic_mutant(ssm_softplus_other_form ${ssm} ${prefill}
    "if (s.softplus_form == kLog1p)"
    "if (s.softplus_form != kLog1p)")
mambasic_mutant(ssm_prefill_state_rounds_to_even ${ssm} ${ties_prefill}
    "s.state[i] = arith::quantize_rha(v);"
    "s.state[i] = arith::quantize_rhe(v);")
mambasic_mutant(ssm_decode_state_rounds_away ${ssm} ${ties_decode}
    "codes[e] = arith::quantize_rhe(v);"
    "codes[e] = arith::quantize_rha(v);")
mambasic_mutant(ssm_decode_state_not_written ${ssm} ${decode}
    "s.state[e * s.states + n] = p.codes[n * kE + e];"
    "(void)p.codes;")
mambasic_mutant(ssm_decode_input_as_in_prefill ${ssm} ${decode}
    "(b * dt[e]) * x[e]"
    "b * (dt[e] * x[e])")

# Convolution
set(conv models/conv/conv_kernels.cpp)
mambasic_mutant(conv_rounds_to_even ${conv} ${ties_prefill}
    "out[c] = arith::quantize_rha(u);"
    "out[c] = arith::quantize_rhe(u);")
mambasic_mutant(conv_not_fused ${conv} ${prefill}
    "v[c] = arith::fma(scale, sum, bias[c]);"
    "v[c] = scale * sum + bias[c];")
mambasic_mutant(conv_bias_scale_swapped ${conv} ${prefill}
    "p.bias[c] = static_cast<float>(s.bias[c]) * s.bias_scale;"
    "p.bias[c] = static_cast<float>(s.bias[c]) * s.weight_scale;")
mambasic_mutant(conv_taps_off_by_one ${conv} ${prefill}
    "const float* __restrict x0 = p.inputs + ((t + 1) & 3) * kC;"
    "const float* __restrict x0 = p.inputs + ((t + 2) & 3) * kC;")
mambasic_mutant(conv_history_not_kept ${conv} ${prefill}
    "s.history[c * kTaps + k] = static_cast<std::int8_t>(x);"
    "s.history[c * kTaps + k] = static_cast<std::int8_t>(0.0F * x);")
mambasic_mutant(conv_decode_scales_the_sum ${conv} ${decode}
    "float sum = arith::fma(w[c], x0[c], bias[c]);"
    "float sum = w[c] * x0[c] + bias[c];")

# Normalization
set(norm models/norm/norm_kernels.cpp)
mambasic_mutant(norm_residual_left_out ${norm} ${prefill}
    "sum[i] = sum[i] + s.residual_in[i];"
    "sum[i] = sum[i];")
mambasic_mutant(norm_epsilon_left_out ${norm} ${prefill}
    "reciprocal_root(s.rsqrt, variance + s.epsilon)"
    "reciprocal_root(s.rsqrt, variance)")
mambasic_mutant(norm_rounds_away ${norm} ${ties_prefill}
    "output[i] = arith::quantize_rhe(u);"
    "output[i] = arith::quantize_rha(u);")

# Matrix product
set(gemm_kernels models/gemm/gemm_kernels.cpp)
set(gemm models/gemm/gemm_function.cpp)
mambasic_mutant(gemm_scales_swapped ${gemm} ${prefill}
    "return {tile.a, tile.b};"
    "return {tile.a, tile.alpha};" MAMBASIC_WIDE_KERNELS)

# Hadamard
set(hadamard models/hadamard/hadamard_kernels.cpp)
mambasic_mutant(hadamard_rounds_to_even ${hadamard} ${ties_prefill}
    "arith::quantize_rha(v)"
    "arith::quantize_rhe(v)")
mambasic_mutant(hadamard_butterfly_sign ${hadamard} ${prefill}
    "high[i] = a - b;"
    "high[i] = b - a;")
mambasic_mutant(hadamard_stride_order ${hadamard} ${prefill}
    "butterfly_within<2>(v);
        butterfly_within<4>(v);"
    "butterfly_within<4>(v);
        butterfly_within<2>(v);")

# Embedding
mambasic_mutant(embedding_scale_of_the_next_token models/embedding/embedding_function.cpp ${prefill}
    "arith::from_half(tile.scales[token])"
    "arith::from_half(tile.scales[token ^ 1U])")
