#include "sim/quality.h"

#include <optional>

#include "golden/x_code.h"

namespace mambasic::sim {
namespace {

using golden::LayerTensors;
using traces::Mamba1Layer;
using traces::Mamba2Layer;

std::vector<golden::XChannel> channels_of(const traces::Dims& dims, const Mamba1Layer& layer,
                                          const traces::XCode& code) {
    std::optional<golden::GroupScales> groups;
    if (layer.groups) groups.emplace(dims, *layer.groups);
    return golden::x_channels(code, layer.x_scales,
                              {layer.conv_output_scale, layer.u_scale, groups ? &*groups : nullptr},
                              dims.d_inner);
}

std::vector<golden::XChannel> channels_of(const traces::Dims& dims, const Mamba2Layer& layer,
                                          const traces::XCode& code) {
    const golden::GroupScales groups(dims, layer.groups);
    return golden::x_channels(code, layer.x_scales, {0, 0, &groups}, dims.d_inner);
}

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

template <typename Layer>
void Quality::add_layer(const Layer& layer, const LayerStep& step) {
    run_with_fp32(layer, step);
    network_.run_layer(step.index, layer, step.input, step.before);
    compare(layers_.at(step.index), step.made);
    count_codes(layer, step);
}

template void Quality::add_layer(const Mamba1Layer&, const LayerStep&);
template void Quality::add_layer(const Mamba2Layer&, const LayerStep&);

template <typename Layer>
void Quality::run_with_fp32(const Layer& layer, const LayerStep& step) {
    if (decode_) {
        state_ = step.before;
        golden::decode_layer(dims_, layer, step.input, options_, fp32_, state_);
    } else {
        golden::prefill_layer(dims_, layer, step.input, options_, fp32_, state_);
    }
}

// The convolution gives the same y with codes and without.
template <typename Layer>
void Quality::count_codes(const Layer& layer, const LayerStep& step) {
    if (step.code.format == traces::XFormat::Fp32) return;
    if (step.code.rotated()) {  // what is coded is the rotated row
        x_.elements += step.made.rotated.size();
        x_.saturated += step.made.x_counts.saturated;
        return;
    }
    const std::vector<golden::XChannel> channels = channels_of(dims_, layer, step.code);
    std::vector<std::int8_t> codes(channels.size()), flags(channels.size());
    const std::size_t width = dims_.conv_channels();
    for (std::size_t row = 0; row < fp32_.ssm_input.size(); row += width) {
        const golden::XCounts counts = golden::encode_x_row(
            step.code, channels, &fp32_.ssm_input[row], codes.data(), flags.data());
        x_.elements += channels.size();
        x_.saturated += counts.saturated;
        x_.flagged += counts.flagged;
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
    return {input.sqnr_db(), sums.x.sqnr_db(), sums.output.sqnr_db(), input.noiseless(),
            sums.output.noiseless()};
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
    section.x = x_;
    section.network = network_.result();
    return section;
}

}  // namespace mambasic::sim
