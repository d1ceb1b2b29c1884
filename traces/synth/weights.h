// The weights of a made-up Mamba1 model, drawn the way Mamba initialises them, with a share of
// outlier channels that gives the activations the heavy tails that captured ones have.
//
// An outlier does not come from a large weight, which a per-tensor scale would make everyone pay
// for. The embedding gives every token a component along one direction of the hidden space, larger
// for some tokens; the in_proj row of an outlier channel points along that direction. Its dot
// product then adds up coherently, 20 times the others and more, with weights of ordinary size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/mamba1.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

struct WeightOptions {
    Dims dims;
    std::uint64_t seed = 0;
    float outlier_share = 0;  // of the d_inner channels; rounded up to one channel unless 0
};

/// FP16 values kept as FP32, so that calibration can run the layer unquantized.
struct FloatLayer {
    std::vector<float> norm;         // [D]
    std::vector<float> in_proj;      // [2E][D]
    std::vector<float> conv_weight;  // [E][4]
    std::vector<float> conv_bias;    // [E]
    std::vector<float> x_proj;       // [R + 2N][E]
    std::vector<float> dt_proj;      // [E][R]
    std::vector<float> dt_bias;      // [E]
    std::vector<float> a_log;        // [E][N]
    std::vector<float> d;            // [E]
};

/// `layer` is its index in the model: a layer has the same weights however many others are made.
FloatLayer draw_layer(const WeightOptions& options, std::uint32_t layer);

/// [D][E]; apart, because it is large and calibration does not need it.
std::vector<float> draw_out_proj(const WeightOptions& options, std::uint32_t layer);

/// One row of the embedding, FP16 values.
void draw_embedding_row(const WeightOptions& options, std::uint32_t token, std::vector<float>& row);

std::vector<float> draw_norm_f(const WeightOptions& options);

/// [N16(V)][D] codes and their scale; drawn twice rather than held as floats.
QuantizedWeight draw_lm_head(const WeightOptions& options);

/// Token ids, small ones far more frequent, as in a tokenizer sorted by frequency.
std::vector<std::int32_t> draw_tokens(const WeightOptions& options, const std::string& stream,
                                      std::uint64_t count);

/// Which conv channels of a layer are outliers, ascending.
std::vector<std::uint32_t> outlier_channels(const WeightOptions& options, std::uint32_t layer);

}  // namespace mambasic::traces::synth
