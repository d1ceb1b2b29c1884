#include "sim/quality.h"

#include <cmath>

#include "golden/group_scales.h"

namespace mambasic::sim {
namespace {

using golden::LayerInput;
using golden::LayerState;
using golden::LayerTensors;
using traces::Mamba1Layer;
using traces::Mamba2Layer;

std::vector<float> x_scales_of(const traces::Dims& dims, const traces::GroupTable& table) {
    const golden::GroupScales groups(dims, table);
    std::vector<float> scales;
    for (std::size_t e = 0; e < dims.d_inner; ++e) scales.push_back(groups.x(e));
    return scales;
}

// What the SSM multiplies the codes of the convolution by.
std::vector<float> scales_of(const traces::Dims& dims, const Mamba1Layer& layer) {
    return layer.groups ? x_scales_of(dims, *layer.groups)
                        : std::vector<float>(dims.d_inner, layer.u_scale);
}

// Likewise of x, B and C.
std::vector<float> scales_of(const traces::Dims& dims, const Mamba2Layer& layer) {
    std::vector<float> scales = x_scales_of(dims, layer.groups);
    for (const float* section : {layer.b_scales, layer.c_scales}) {
        for (std::size_t i = 0; i < dims.bc_width(); ++i) {
            scales.push_back(section[layer.bc_scales == 1 ? 0 : i / dims.d_state]);
        }
    }
    return scales;
}

}  // namespace

void NoisySignal::add(double wanted, double got) {
    signal += wanted * wanted;
    noise += (got - wanted) * (got - wanted);
}

void NoisySignal::add(const NoisySignal& other) {
    signal += other.signal;
    noise += other.noise;
}

std::optional<double> NoisySignal::sqnr_db() const {
    if (!(signal > 0 && noise > 0)) return std::nullopt;
    const double db = 10 * std::log10(signal / noise);
    return std::isfinite(db) ? std::optional<double>(db) : std::nullopt;
}

Quality::Quality(const traces::TraceInfo& info, golden::Options options)
    : dims_(info.dims),
      decode_(info.phase == traces::Phase::Decode),
      first_layer_(info.first_layer),
      options_(options),
      layers_(info.layers) {
    options_.ssm_input = golden::SsmInput::Fp32;
}

void Quality::add(std::uint32_t index, const Mamba1Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    compare(layers_.at(index), scales_of(dims_, layer), made);
}

void Quality::add(std::uint32_t index, const Mamba2Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    compare(layers_.at(index), scales_of(dims_, layer), made);
}

template <typename Layer>
void Quality::run_with_fp32(const Layer& layer, const LayerInput& input, const LayerState& before) {
    if (decode_) {
        state_ = before;
        golden::decode_layer(dims_, layer, input, options_, fp32_, state_);
    } else {
        golden::prefill_layer(dims_, layer, input, options_, fp32_, state_);
    }
}

void Quality::compare(Sums& sums, const std::vector<float>& scales, const LayerTensors& made) {
    for (std::size_t i = 0; i < made.conv.size(); ++i) {
        const std::size_t channel = i % scales.size();
        const double code = static_cast<double>(scales[channel]) * made.conv[i];
        NoisySignal& part = channel < dims_.d_inner ? sums.x : sums.b_and_c;
        part.add(static_cast<double>(fp32_.ssm_input[i]), code);
    }
    for (std::size_t i = 0; i < made.out_proj.size(); ++i) {
        sums.output.add(static_cast<double>(arith::from_half(fp32_.out_proj[i])),
                        static_cast<double>(arith::from_half(made.out_proj[i])));
    }
}

reports::QualityFigures Quality::figures_of(const Sums& sums) {
    NoisySignal input = sums.x;
    input.add(sums.b_and_c);
    return {input.sqnr_db(), sums.x.sqnr_db(), sums.output.sqnr_db()};
}

reports::QualitySection Quality::result() const {
    reports::QualitySection section;
    Sums all;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const Sums& layer = layers_[i];
        section.layers.push_back({first_layer_ + static_cast<std::uint32_t>(i), figures_of(layer)});
        all.x.add(layer.x);
        all.b_and_c.add(layer.b_and_c);
        all.output.add(layer.output);
    }
    section.all = figures_of(all);
    return section;
}

}  // namespace mambasic::sim
