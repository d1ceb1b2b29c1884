#include "sim/quality.h"

#include <cmath>

namespace mambasic::sim {
namespace {

using golden::LayerInput;
using golden::LayerState;
using golden::LayerTensors;
using traces::Mamba1Layer;
using traces::Mamba2Layer;

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
    options_.x_code = {};
    options_.x_code.format = traces::XFormat::Fp32;
    options_.x_proj_input = traces::XProjInput::Copy;  // without codes of x there are no others
}

void Quality::add(std::uint32_t index, const Mamba1Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    compare(layers_.at(index), made);
}

void Quality::add(std::uint32_t index, const Mamba2Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    compare(layers_.at(index), made);
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

void Quality::compare(Sums& sums, const LayerTensors& made) {
    for (std::size_t i = 0; i < made.ssm_input.size(); ++i) {
        const bool is_x = i % dims_.conv_channels() < dims_.d_inner;
        NoisySignal& part = is_x ? sums.x : sums.b_and_c;
        part.add(static_cast<double>(fp32_.ssm_input[i]), static_cast<double>(made.ssm_input[i]));
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
