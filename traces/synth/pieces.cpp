#include "traces/synth/pieces.h"

#include <cstring>
#include <stdexcept>

#include "traces/layout.h"
#include "traces/metadata.h"

namespace mambasic::traces::synth {

void Pieces::add(const std::string& name, const void* data, std::uint64_t bytes) {
    views_[name] = {data, bytes};
}

template <typename T>
void Pieces::add_scalar(const std::string& name, T value) {
    std::array<char, 8>& storage = scalars_.emplace_back();
    std::memcpy(storage.data(), &value, sizeof(value));
    add(name, storage.data(), sizeof(value));
}

void Pieces::add_f64(const std::string& name, double value) { add_scalar(name, value); }
void Pieces::add_f32(const std::string& name, float value) { add_scalar(name, value); }

const Pieces::View* Pieces::find(const std::string& name) const {
    const auto found = views_.find(name);
    return found == views_.end() ? nullptr : &found->second;
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
    add(at + "conv1d.codes", tensors.x_codes);
    add(at + "conv1d.flags", tensors.x_flags);
    add(at + "conv1d.values", tensors.values);
    add(at + "rotate.output", tensors.rotated);
    add(at + "unrotate.output", tensors.unrotated);
    add(at + "x_proj.output", tensors.x_proj);
    add(at + "dt_proj.output", tensors.dt_proj);
    add(at + "scan.output", tensors.scan);
    add(at + "scan.carry", tensors.carry);
    add(at + "gated_norm.output", tensors.gated_norm);
    add(at + "had.output", tensors.hadamard);
    add(at + "conv1d.state", state.conv);
    add(at + "scan.state", state.ssm);
    add(at + "out_proj.output", tensors.out_proj);
}

void Pieces::add_recorded_head(const golden::HeadTensors& recorded) {
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

void Assembler::finish() {
    writer_.finish([](const std::string& path) { Trace::open(path); });
}

}  // namespace mambasic::traces::synth
