# name, source, trace, the text and what stands in its place (and the unit, where the source is a
# header). The `ties` traces have values on rounding boundaries (make_ties_trace.cpp), the `groups`
# traces tables of scales in a Mamba1 network (make_grouped_trace.cpp).

# Selective scan
set(ssm models/ssm/ssm_prefill_kernel.cpp)
mambasic_mutant(ssm_update_not_fused ${ssm} ${prefill}
    "h[e] = arith::fma(decay, h[e], du[e] * b);"
    "h[e] = decay * h[e] + du[e] * b;")
mambasic_mutant(ssm_exp_one_ulp_off ${ssm} ${prefill}
    "const float decay = unit::exp<kExp>(exp, a[e] * dt[e]);"
    "const float decay = arith::detail::bit_cast<float>(
            arith::detail::bit_cast<std::uint32_t>(unit::exp<kExp>(exp, a[e] * dt[e])) + 1U);")
mambasic_mutant(ssm_skip_left_out ${ssm} ${prefill}
    "p.out[e] = p.d[e] * p.u[e];"
    "p.out[e] = 0.0F;")
mambasic_mutant(ssm_gate_as_in_decode ${ssm} ${ties_prefill}
    "y[e] = arith::to_half((out[e] * zf) / (1.0F + arith::exp(-zf)));"
    "y[e] = arith::to_half(out[e] * (zf * arith::sigmoid(zf)));")
mambasic_mutant(ssm_state_rounds_to_even ${ssm} ${ties_prefill}
    "codes[i] = arith::quantize_rha(v);"
    "codes[i] = arith::quantize_rhe(v);")
mambasic_mutant(ssm_bias_scale_swapped models/ssm/ssm_planes.h ${prefill}
    "p.bias[e] = s.dt_bias_scale * static_cast<float>(s.dt_bias[e]);"
    "p.bias[e] = s.d_scale * static_cast<float>(s.dt_bias[e]);" ${ssm})
set(step models/ssm/ssm_decode_kernel.cpp)
mambasic_mutant(ssm_decode_state_rounds_away ${step} ${ties_decode}
    "codes[i] = arith::quantize_rhe(v);"
    "codes[i] = arith::quantize_rha(v);")
mambasic_mutant(ssm_decode_state_not_written models/ssm/ssm_planes.h ${decode}
    "s.state[e * s.states + n] = p.codes[n * kE + e];"
    "static_cast<void>(p.codes[n * kE + e]);" ${step})
mambasic_mutant(ssm_decode_input_as_in_prefill ${step} ${decode}
    "(b * dt[e]) * x[e]"
    "b * (dt[e] * x[e])")

mambasic_mutant(ssm_state_scale_of_a_neighbour_cell models/ssm/ssm_planes.h ${groups_decode}
    "s.state_scales + s.cells[e] * s.states;"
    "s.state_scales + (s.cells[e] ^ 1U) * s.states;" ${step})

# Convolution
set(conv models/conv/conv_kernels.cpp)
mambasic_mutant(conv_rounds_to_even ${conv} ${ties_prefill}
    "out[c] = arith::quantize_rha(u);"
    "out[c] = arith::quantize_rhe(u);")
mambasic_mutant(conv_taps_off_by_one ${conv} ${prefill}
    "const float* __restrict x0 = p.inputs + ((t + 1) & 3) * kC;"
    "const float* __restrict x0 = p.inputs + ((t + 2) & 3) * kC;")
mambasic_mutant(conv_bias_scale_swapped ${conv} ${prefill}
    "bias : bias * span.bias_scale;"
    "bias : bias * span.scale;")
mambasic_mutant(conv_history_not_kept ${conv} ${prefill}
    "s.history[c * kTaps + k] = static_cast<std::int8_t>(x);"
    "static_cast<void>(x);")
mambasic_mutant(conv_decode_drops_a_tap ${conv} ${decode}
    "sum = arith::fma(w[2 * kC + c], x2[c], sum);"
    "sum = arith::fma(w[2 * kC + c], 0.0F, sum);")
mambasic_mutant(conv_scale_of_the_first_channel ${conv} ${groups_prefill}
    "? 1.0F : s.output_scales[c];"
    "? 1.0F : s.output_scales[0];")

# Normalization
set(norm models/norm/norm_kernels.cpp)
mambasic_mutant(norm_residual_left_out ${norm} ${prefill}
    "sum[i] = sum[i] + s.residual_in[i];"
    "static_cast<void>(s.residual_in[i]);")
mambasic_mutant(norm_weight_of_the_first_channel ${norm} ${prefill}
    "((values[i] * root) * weight[i])"
    "((values[i] * root) * weight[0])")

# Matrix product
mambasic_mutant(gemm_rounds_away models/gemm/gemm_kernels.cpp ${ties_prefill}
    "arith::wrap_rhe(v) : arith::quantize_rhe(v)"
    "arith::wrap_rhe(v) : arith::quantize_rha(v)")
mambasic_mutant(gemm_wraps_instead_of_saturating models/gemm/gemm_kernels.cpp ${ties_prefill}
    "arith::wrap_rhe(v) : arith::quantize_rhe(v)"
    "arith::wrap_rhe(v) : arith::wrap_rhe(v)")

# Hadamard
set(hadamard models/hadamard/hadamard_kernels.cpp)
mambasic_mutant(hadamard_factor_sign ${hadamard} ${prefill}
    "sum[i] += sign * term[i];"
    "sum[i] -= sign * term[i];")
mambasic_mutant(hadamard_butterfly_left_out ${hadamard} ${prefill}
    "butterfly_within<4>(v);"
    "")

# Embedding
mambasic_mutant(embedding_scale_of_another_token models/embedding/embedding_function.cpp ${prefill}
    "arith::from_half(tile.scales[token])"
    "arith::from_half(tile.scales[token ^ 1U])")

# What the schedule hands to the blocks
set(binding sim/tile_binding.cpp)
set(layer sim/tile_binding_layer.cpp)
mambasic_mutant(tile_edge_off_by_one sim/activation_store.cpp ${prefill}
    "std::min(tile_tokens, work.tokens - t);"
    "std::min(tile_tokens, work.tokens - t) - (t == 0 ? 1 : 0);")
mambasic_mutant(tile_row_of_the_next_token ${binding} ${prefill}
    "const std::uint64_t offset = first_row(task) * e;"
    "const std::uint64_t offset = (first_row(task) == 0 ? 1 : 0) * e;")
mambasic_mutant(decode_ssm_state_not_carried ${layer} ${decode}
    "states.prepare = copy_of(t.states_in->ssm.data() + at, n, states.state);"
    "states.prepare = [to = states.state, n] { std::fill_n(to, n, std::int8_t{0}); };")
mambasic_mutant(decode_conv_state_not_carried ${layer} ${decode}
    "bound.prepare = copy_of(t.states_in->conv.data() + at, n, tile.history);"
    "bound.prepare = [to = tile.history, n] { std::fill_n(to, n, std::int8_t{0}); };")
mambasic_mutant(scale_u_and_b_swapped ${layer} ${prefill}
    "decoding_scale(x_use(task), w.u_scale));"
    "decoding_scale(x_use(task), w.b_scale));")
mambasic_mutant(state_quantized_after_no_tile ${layer} ${prefill}
    "return ends && !work_.decode();"
    "return ends && task.region.token == 0 && !work_.decode();")

# Mamba2: recurrence
set(ssd models/ssm/ssd_prefill_kernel.cpp)
set(ssd_step models/ssm/ssd_decode_kernel.cpp)
mambasic_mutant(ssd_update_not_fused ${ssd} ${prefill2}
    "h1[p] = arith::fma(h1[p], decay, db1 * x[p]);"
    "h1[p] = h1[p] * decay + db1 * x[p];")
mambasic_mutant(ssd_decay_one_ulp_off models/ssm/ssd_rows.h ${prefill2}
    "decay[t] = unit::exp<kExp>(s.exp, a * dt[t]);"
    "decay[t] = arith::detail::bit_cast<float>(
            arith::detail::bit_cast<std::uint32_t>(unit::exp<kExp>(s.exp, a * dt[t])) + 1U);" ${ssd})
mambasic_mutant(ssd_tree_folds_half_a_block ${ssd} ${prefill2}
    "for (std::int64_t step = 2; step < width; step *= 2) {"
    "for (std::int64_t step = 2; 2 * step < width; step *= 2) {")
mambasic_mutant(ssd_state_not_rounded_to_fp16 ${ssd} ${prefill2}
    "arith::from_half(arith::to_half(carry[n]))"
    "carry[n]")
mambasic_mutant(ssd_decode_state_rounds_to_fp16 ${ssd_step} ${decode2}
    "const float v = h[n] / scale[n];"
    "const float v = arith::from_half(arith::to_half(h[n])) / scale[n];")
mambasic_mutant(ssd_state_scale_of_the_first_cell models/ssm/ssm.cpp ${decode2}
    "given.cells.data(), table.shape.state_columns};"
    "given.cells.data(), 0};")

# Mamba2: scale table
set(table models/scale_table/scale_table_function.cpp)
mambasic_mutant(table_range_one_channel_long models/scale_table/scale_table_search.cpp ${prefill2}
    "if (read_end(ends.first + i) > position) return i;"
    "if (read_end(ends.first + i) + 1U > position) return i;")
mambasic_mutant(table_c_gets_the_scale_of_b ${table} ${prefill2}
    "return deliver(x_scales + k / each);"
    "return deliver(x_scales + (k / each) % s.bc_scales);")

# Mamba2: gated norm, sections of the convolution, 4-bit weights
set(gated models/gated_norm/gated_norm_kernels.cpp)
mambasic_mutant(gated_norm_gate_divides ${gated} ${prefill2}
    "zf * arith::sigmoid(zf)"
    "arith::silu(zf)")
mambasic_mutant(gated_norm_weight_of_the_first_channel ${gated} ${prefill2}
    "((a[i] * root) * weight[i])"
    "((a[i] * root) * weight[0])")
mambasic_mutant(gated_norm_over_all_groups ${layer} ${prefill2}
    "tile.shape = {task.region.rows(), dims.d_inner, dims.groups};"
    "tile.shape = {task.region.rows(), dims.d_inner, 1};")
mambasic_mutant(conv_section_scale_of_b_for_c ${layer} ${prefill2}
    "fill(weights.conv_c, tile.sections[2]);"
    "fill(weights.conv_b, tile.sections[2]);")
mambasic_mutant(conv_decode_bias_left_out ${conv} ${decode2}
    "arith::fma(bias[c], bias_scale[c], w[c] * x0[c])"
    "arith::fma(bias[c], 0.0F * bias_scale[c], w[c] * x0[c])")
mambasic_mutant(gemm_column_of_the_tiles_first ${binding} ${prefill2}
    "tile.column = weights.column + task.region.channel;"
    "tile.column = weights.column;")
mambasic_mutant(gemm_one_row_with_the_first_column models/gemm/gemm_kernels.cpp ${decode2}
    "(column[j] * second) * static_cast<float>(acc[j])"
    "(column[0] * second) * static_cast<float>(acc[j])")
mambasic_mutant(gemm_w4_output_without_its_input_scale ${binding} ${decode2_w4a8}
    "tile.a = weights.a;"
    "tile.a = task.op == Op::OutProj ? 1.0F : weights.a;")
