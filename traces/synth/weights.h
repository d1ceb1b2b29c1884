// What the weights of all made-up models have in common: they are drawn the way Mamba initialises
// them, with a share of outlier channels that gives the activations the heavy tails that captured
// ones have.
//
// An outlier does not come from a large weight, which a per-tensor scale would make everyone pay
// for. The embedding gives every token a component along one direction of the hidden space, larger
// for some tokens; the in_proj row of an outlier channel points along that direction. Its dot
// product then adds up coherently, 20 times the others and more, with weights of ordinary size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/dims.h"
#include "traces/synth/draws.h"
#include "traces/synth/weight_rows.h"

namespace mambasic::traces::synth {

struct WeightOptions {
    Dims dims;
    std::uint64_t seed = 0;
    float outlier_share = 0;  // of the d_inner channels; rounded up to one channel unless 0
};

/// Layers count from the first one of the model: a layer has the same weights however many others
/// are made.
Draws layer_draws(const WeightOptions& options, std::uint32_t layer, const std::string& name);

float inverse_root(std::uint32_t n);

std::vector<float> draw_norm(const Draws& draws, std::size_t width);

/// softplus^-1(dt), dt log-uniform in [0.001, 0.1]: Mamba's initialisation.
float draw_dt_bias(const Draws& draws, std::uint64_t index);

struct ConvFloats {
    std::vector<float> weight;  // [conv channels][4]
    std::vector<float> bias;    // [conv channels]
};
ConvFloats draw_conv(const WeightOptions& options, std::uint32_t layer);

/// Turns the rows of outlier channels towards the direction; x_rows [E][D] are those of x.
void turn_outlier_rows(const WeightOptions& options, std::uint32_t layer, float* x_rows);

/// [D][E]; apart from the rest, because it is large and calibration does not need it.
std::vector<float> draw_out_proj(const WeightOptions& options, std::uint32_t layer);

/// One row of the embedding, FP16 values.
void draw_embedding_row(const WeightOptions& options, std::uint32_t token, std::vector<float>& row);

std::vector<float> draw_norm_f(const WeightOptions& options);

/// [vocab][D], drawn when asked for rather than held as floats.
WeightRows lm_head_rows(const WeightOptions& options);

/// Token ids, small ones far more frequent, as in a tokenizer sorted by frequency.
std::vector<std::int32_t> draw_tokens(const WeightOptions& options, const std::string& stream,
                                      std::uint64_t count);

/// Which conv channels of a layer are outliers, ascending.
std::vector<std::uint32_t> outlier_channels(const WeightOptions& options, std::uint32_t layer);

}  // namespace mambasic::traces::synth
