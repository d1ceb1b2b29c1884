// Where x lies between the convolution and its readers where it is not int8.
#include "sim/layer_ops.h"
#include "sim/tile_binding.h"

namespace mambasic::sim {

using models::Task;
using models::XInput;
using models::XOneScale;
using models::XOutput;

namespace {

// Mamba1 without a table.
XOneScale one_scale(const traces::XCode& code, const traces::XScales& own, float int8_scale) {
    XOneScale one;
    one.int8 = int8_scale;
    if (code.own_scales()) {
        one.low = own.low[0];
        if (code.dual()) one.high = own.high[0];
    } else if (code.dual()) {
        one.low = int8_scale;
        one.high = int8_scale * code.factor;
    }
    return one;
}

}  // namespace

XOutput TileBinding::x_output(const Task& task) {
    XOutput out;
    out.use = x_use(task);
    out.channels = work_.dims.d_inner;
    if (tensors_ == nullptr) return out;
    out.decoding_scale = segment(task).mamba1.u_scale;  // no Mamba2 has one, and no table
    SegmentTensors& t = tensors(task);
    const std::uint64_t row = first_row(task);
    const std::uint64_t tokens = work_.tokens_per_step();
    if (!t.x_words.empty()) {
        out.stride = models::x_row_bytes(out.use.code, out.channels);
        out.sequence_stride = tokens * out.stride;
        out.words = t.x_words.data() + row * out.stride;
    }
    if (!t.values.empty()) {
        out.value_stride = value_width(work_.dims, out.use.code);
        out.value_sequence_stride = tokens * out.value_stride;
        out.values = t.values.data() + row * out.value_stride;
    }
    return out;
}

XInput TileBinding::x_input(const Task& task, std::uint64_t first, float int8_scale) {
    XInput in;
    in.use = x_use(task);
    in.channels = work_.dims.d_inner;
    in.first = first;
    if (tensors_ == nullptr || in.use.int8()) return in;
    SegmentTensors& t = tensors(task);
    const std::uint64_t row = first_row(task);
    const XOutput out = x_output(task);
    in.words = out.words;
    in.stride = out.stride;
    in.sequence_stride = out.sequence_stride;
    const float* values = out.values;
    if (in.use.code.rotated()) values = t.unrotated.data() + row * out.value_stride;
    if (values != nullptr) in.values = values + first;
    in.value_stride = out.value_stride;
    in.value_sequence_stride = out.value_sequence_stride;
    const auto layer = static_cast<std::uint32_t>(place(task).layer);
    const bool table = work_.scales(layer).groups.lookup != models::LookupKind::Register;
    if (!work_.dims.mamba2() && !table) {
        in.one = one_scale(in.use.code, segment(task).mamba1.x_scales, int8_scale);
    }
    return in;
}

void TileBinding::bind_x_proj(const Task& task, models::BoundWithTable<models::GemmTile>& bound) {
    const models::XUse& use = x_use(task);
    const auto layer = static_cast<std::uint32_t>(place(task).layer);
    if (work_.looks_up(task.op, layer)) bound.table = tables_.table(layer);
    if (!use.requantized() && !use.multiplied()) return;
    const traces::Mamba1Layer& weights = segment(task).mamba1;
    models::XInput& in = bound.tile.x_in;
    // Codes are multiplied as the convolution made them; what is requantized is what the SSM reads.
    in = x_input(task, 0, use.multiplied() ? weights.conv_output_scale : weights.u_scale);
    in.one.int8 = weights.conv_output_scale;
    // All of a row at once, so the first panel's task says what every panel's read.
    const bool tells = tensors_ != nullptr && use.requantized() && task.region.channel == 0;
    if (tells) bound.tile.requantized = tensors(task).conv.data() + first_row(task) * in.channels;
}

}  // namespace mambasic::sim
