#include "sim/quality.h"

namespace mambasic::sim {
namespace {

using golden::LayerInput;
using golden::LayerState;
using golden::LayerTensors;
using traces::Mamba1Layer;
using traces::Mamba2Layer;

// Those of the run, but for the codes.
golden::Options with_fp32(golden::Options options) {
    options.x_code = {};
    options.x_code.format = traces::XFormat::Fp32;
    options.x_proj_input = traces::XProjInput::Copy;  // without codes of x there are no others
    return options;
}

}  // namespace

Quality::Quality(const traces::TraceInfo& info, const golden::Options& options)
    : dims_(info.dims),
      decode_(info.phase == traces::Phase::Decode),
      first_layer_(info.first_layer),
      options_(with_fp32(options)),
      network_(info, options_),
      layers_(info.layers) {}

void Quality::add(std::uint32_t index, const Mamba1Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    network_.run_layer(index, layer, input, before);
    compare(layers_.at(index), made);
}

void Quality::add(std::uint32_t index, const Mamba2Layer& layer, const LayerInput& input,
                  const LayerState& before, const LayerTensors& made) {
    run_with_fp32(layer, input, before);
    network_.run_layer(index, layer, input, before);
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
    section.network = network_.result();
    return section;
}

}  // namespace mambasic::sim
