#include "traces/synth/pieces.h"

#include <cstring>
#include <stdexcept>

#include "traces/layout.h"
#include "traces/metadata.h"

namespace mambasic::traces::synth {

void Pieces::add(const std::string& name, const void* data, std::uint64_t bytes) {
    views_[name] = {data, bytes};
}

void Pieces::add_scalar(const std::string& name, DType dtype, double value) {
    std::array<char, 8>& storage = scalars_.emplace_back();
    const auto narrow = static_cast<float>(value);
    if (dtype == DType::F64) std::memcpy(storage.data(), &value, sizeof(value));
    if (dtype == DType::F32) std::memcpy(storage.data(), &narrow, sizeof(narrow));
    add(name, storage.data(), bytes_of(dtype));
}

const Pieces::View* Pieces::find(const std::string& name) const {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : &found->second;
}

void Pieces::add_linear(const std::string& prefix, const Linear& linear) {
    add(prefix + ".weight", linear.weight, std::uint64_t{linear.n_padded} * linear.k);
    add_scalar(prefix + ".alpha", DType::F64, static_cast<double>(linear.alpha));
    add_scalar(prefix + ".a", DType::F32, static_cast<double>(linear.a));
    add_scalar(prefix + ".b", DType::F32, static_cast<double>(linear.b));
}

void Pieces::add_conv(const std::string& at, const Dims& dims, const Mamba1Layer& layer) {
    const auto scalar = [this, &at](const char* name, float value) {
        add_scalar(at + name, DType::F64, static_cast<double>(value));
    };
    add(at + "weight", layer.conv_weight, std::uint64_t{dims.d_inner} * dims.d_conv);
    add(at + "bias", layer.conv_bias, dims.d_inner);
    scalar("weight_scale", layer.conv_weight_scale);
    scalar("bias_scale", layer.conv_bias_scale);
    scalar("input_scale", layer.conv_input_scale);
    scalar("output_scale", layer.conv_output_scale);
}

void Pieces::add_scan(const std::string& at, const Dims& dims, const Mamba1Layer& layer) {
    const auto scalar = [this, &at](const char* name, float value) {
        add_scalar(at + name, DType::F32, static_cast<double>(value));
    };
    add(at + "dt_bias", layer.dt_bias, dims.d_inner);
    add(at + "A_log", layer.a_log, std::uint64_t{dims.d_inner} * dims.d_state);
    add(at + "D", layer.d, dims.d_inner);
    scalar("dt_bias_scale", layer.dt_bias_scale);
    scalar("A_scale", layer.a_scale);
    scalar("D_scale", layer.d_scale);
    scalar("u_scale", layer.u_scale);
    scalar("dt_scale", layer.dt_scale);
    scalar("B_scale", layer.b_scale);
    scalar("C_scale", layer.c_scale);
    scalar("z_scale", layer.z_scale);
    scalar("ssm_state_scale", layer.ssm_state_scale);
}

void Pieces::add_layer(const TraceInfo& info, std::uint32_t index, const Mamba1Layer& layer) {
    const std::string at = weight_key(info, index, "");
    const std::string mixer = at + "mixer.";
    add(at + "norm.weight", layer.norm_weight, info.dims.d_model * sizeof(std::uint16_t));
    add_scalar(at + "norm.output_scale", DType::F64, static_cast<double>(layer.norm_output_scale));
    add_linear(mixer + "in_proj", layer.in_proj);
    add_conv(mixer + "conv1d.", info.dims, layer);
    add_linear(mixer + "x_proj", layer.x_proj);
    add_linear(mixer + "dt_proj", layer.dt_proj);
    add_scan(mixer + "selective_scan.", info.dims, layer);
    add_scalar(mixer + "had.x_H_scale", DType::F64, layer.had_scale);
    add_linear(mixer + "out_proj", layer.out_proj);
}

void Pieces::add_states_in(const TraceInfo& info, std::uint32_t index,
                           const golden::LayerState& state) {
    add(trace_key(info, index, "conv1d.state_in"), state.conv);
    add(trace_key(info, index, "scan.state_in"), state.ssm);
}

void Pieces::add_recorded(const TraceInfo& info, std::uint32_t index,
                          const golden::LayerTensors& tensors, const golden::LayerState& state) {
    const std::string at = trace_key(info, index, "");
    add(at + "norm.residual", tensors.residual);
    add(at + "norm.output", tensors.norm);
    add(at + "in_proj.output", tensors.in_proj);
    add(at + "conv1d.output", tensors.conv);
    add(at + "x_proj.output", tensors.x_proj);
    add(at + "dt_proj.output", tensors.dt_proj);
    add(at + "scan.output", tensors.scan);
    add(at + "scan.carry", tensors.carry);
    add(at + "had.output", tensors.hadamard);
    add(at + "conv1d.state", state.conv);
    add(at + "scan.state", state.ssm);
    add(at + "out_proj.output", tensors.out_proj);
}

void Pieces::add_head(const TraceInfo& info, const Head& head,
                      const golden::HeadTensors& recorded) {
    add("backbone.norm_f.weight", head.norm_f_weight, info.dims.d_model * sizeof(std::uint16_t));
    add_scalar("backbone.norm_f.output_scale", DType::F64,
               static_cast<double>(head.norm_f_output_scale));
    add_linear("lm_head", head.lm_head);
    add("trace.norm_f.residual", recorded.residual);
    add("trace.norm_f.output", recorded.norm);
    add("trace.lm_head.output", recorded.logits);
}

Assembler::Assembler(const std::string& path, const TraceInfo& info)
    : layout_(info.shapes_only ? std::vector<Tensor>{} : layout(info)),
      writer_(path, metadata_of(info), layout_) {}

void Assembler::write(const Pieces& pieces) {
    for (; next_ < layout_.size(); ++next_) {
        const Tensor& tensor = layout_[next_];
        const Pieces::View* view = pieces.find(tensor.name);
        if (view == nullptr) return;
        if (view->bytes != tensor.bytes()) {
            throw std::logic_error("'" + tensor.name + "' has " + std::to_string(view->bytes) +
                                   " bytes, the layout wants " + std::to_string(tensor.bytes()));
        }
        writer_.append(tensor.name, view->data, view->bytes);
    }
}

}  // namespace mambasic::traces::synth
