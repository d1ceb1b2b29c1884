// What the layers of both families do alike.
#pragma once

#include <cstddef>
#include <vector>

#include "golden/hadamard.h"
#include "golden/layer.h"
#include "golden/linear.h"
#include "golden/rmsnorm.h"

namespace mambasic::golden {

/// std::invalid_argument where a width is no power of two.
void require_tree_width(SumOrder sum, const char* name);

/// std::invalid_argument where the layer is of no size that the kernels know.
void require_layer(const traces::Dims& dims, const LayerInput& input, const Options& options);

/// A zero state for every sequence.
void clear_state(const traces::Dims& dims, const LayerInput& input, LayerState& state);

/// std::invalid_argument where decode has more than a token of each sequence, or no state for each.
void require_decode(const traces::Dims& dims, const LayerInput& input, const LayerState& state);

/// Makes room for what both families have.
void allocate_layer(const traces::Dims& dims, const LayerInput& input, const Options& options,
                    LayerTensors& out);

inline std::size_t row_count(const LayerInput& input) {
    return std::size_t{input.batch} * input.tokens;
}

/// Residual add and norm.
template <typename Layer>
void run_norm(const traces::Dims& dims, const Layer& layer, const LayerInput& input,
              const Options& options, LayerTensors& out) {
    const RmsNormParams params{layer.norm_weight, input.epsilon, layer.norm_output_scale,
                               options.norm_sum};
    rmsnorm(params, {row_count(input), dims.d_model, input.hidden, input.residual},
            out.residual.data(), out.norm.data());
}

/// Hadamard of `x` [rows][E], then out_proj.
template <typename Layer>
void run_output(const traces::Dims& dims, const Layer& layer, const std::vector<Half>& x,
                const Options& options, LayerTensors& out) {
    const std::size_t width = dims.d_inner;
    const std::size_t rows = x.size() / width;
    hadamard(x.data(), rows, width, hadamard_scale(width, layer.had_scale), options.quamba_quirks,
             out.hadamard.data());
    linear_forward_half(layer.out_proj, {out.hadamard.data(), width, 0}, rows, out.out_proj.data());
}

}  // namespace mambasic::golden
