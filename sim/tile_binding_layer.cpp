// The tiles between in_proj and out_proj, where the families differ.
#include <algorithm>

#include "sim/layer_ops.h"
#include "sim/tile_binding.h"
#include "sim/tile_shapes.h"

namespace mambasic::sim {

using models::Region;
using models::Task;

namespace {

/// A step's states start as those of the step before; a job of that one makes them.
std::function<void()> copy_of(const std::int8_t* from, std::uint64_t count, std::int8_t* to) {
    return [=] { std::copy_n(from, count, to); };
}

/// Of int8 codes without a table.
float decoding_scale(const models::XUse& x, float int8_scale) {
    return x.code.format == traces::XFormat::Uniform8 ? int8_scale * x.code.factor : int8_scale;
}

}  // namespace

models::BoundWithTable<models::ConvTile> TileBinding::conv(const Task& task) {
    const traces::Dims& dims = work_.dims;
    models::BoundWithTable<models::ConvTile> bound;
    bound.table = tables_.table(static_cast<std::uint32_t>(place(task).layer));
    models::ConvTile& tile = bound.tile;
    tile.shape = {task.region.sequences, task.region.tokens, dims.conv_channels()};
    tile.per_tap_scaling = work_.decode();
    if (dims.mamba2()) {
        tile.bias_after_first_tap = work_.decode();
        tile.sections[0].channels = dims.d_inner;
        tile.sections[1].channels = tile.sections[2].channels = dims.bc_width();
    }
    tile.x_out = x_output(task);
    if (tensors_ != nullptr) {
        bind_conv_weights(task, tile);
        bind_conv_data(task, bound);
    }
    return bound;
}

void TileBinding::bind_conv_weights(const Task& task, models::ConvTile& tile) const {
    tile.weight = of_layer(task, [](const auto& l) { return l.conv_weight; });
    tile.bias = of_layer(task, [](const auto& l) { return l.conv_bias; });
    if (!work_.dims.mamba2()) {
        const traces::Mamba1Layer& weights = segment(task).mamba1;
        tile.input_scale = weights.conv_input_scale;
        tile.weight_scale = weights.conv_weight_scale;
        tile.bias_scale = weights.conv_bias_scale;
        return;
    }
    const traces::Mamba2Layer& weights = segment(task).mamba2;
    const auto fill = [](const traces::ConvSection& from, models::ConvSection& section) {
        section.input_scale = from.input_scale;
        section.weight_scale = from.weight_scale;
        section.bias_scale = from.bias_scale;
    };
    fill(weights.conv_x, tile.sections[0]);
    fill(weights.conv_b, tile.sections[1]);
    fill(weights.conv_c, tile.sections[2]);
}

void TileBinding::bind_conv_data(const Task& task,
                                 models::BoundWithTable<models::ConvTile>& bound) {
    const traces::Dims& dims = work_.dims;
    SegmentTensors& t = tensors(task);
    models::ConvTile& tile = bound.tile;
    const std::uint64_t tokens = work_.tokens_per_step();
    const std::uint64_t row = first_row(task);
    const std::uint64_t width = dims.in_proj_width();
    const std::uint64_t channels = dims.conv_channels();
    const std::uint64_t first = dims.mamba2() ? dims.d_inner : 0;  // behind z
    tile.x = t.in_proj.data() + row * width + first;
    tile.x_stride = width;
    tile.x_sequence_stride = tokens * width;
    const std::uint64_t at = task.region.sequence * conv_state_bytes(dims);
    tile.history = t.states->conv.data() + at;
    if (work_.decode()) {
        const std::uint64_t n = task.region.sequences * conv_state_bytes(dims);
        bound.prepare = copy_of(t.states_in->conv.data() + at, n, tile.history);
    }
    if (!t.conv.empty()) tile.output = t.conv.data() + row * channels;
    tile.output_stride = channels;
    tile.output_sequence_stride = tokens * channels;
}

TileBinding::States TileBinding::states(const Task& task) {
    // Groups of the schedule are whole sequences, or channels of one: contiguous either way.
    SegmentTensors& t = tensors(task);
    const Region& r = task.region;
    const std::uint64_t at = (r.sequence * work_.dims.d_inner + r.channel) * work_.dims.d_state;
    States states;
    states.carry = t.carry.data() + at;
    states.state = t.states->ssm.data() + at;
    if (!work_.decode()) return states;
    const std::uint64_t n = r.sequences * r.channels * work_.dims.d_state;
    states.prepare = copy_of(t.states_in->ssm.data() + at, n, states.state);
    return states;
}

// The state becomes codes where the prompt ends; in decode, at every step.
bool TileBinding::ends_prompt(const Task& task) const {
    const bool ends = task.region.token + task.region.tokens == work_.tokens_per_step();
    return ends && !work_.decode();
}

models::BoundWithTable<models::SsmTile> TileBinding::scan(const Task& task) {
    const std::uint64_t tokens = work_.tokens_per_step();
    models::BoundWithTable<models::SsmTile> bound;
    const auto layer = static_cast<std::uint32_t>(place(task).layer);
    if (work_.looks_up(task.op, layer)) bound.table = tables_.table(layer);
    models::SsmTile& tile = bound.tile;
    tile.shape = {task.region.sequences, task.region.tokens, task.region.channels,
                  work_.dims.d_state};
    tile.decode = work_.decode();
    tile.last_tile = ends_prompt(task);
    tile.softplus = arithmetic_.softplus;
    const traces::Mamba1Layer& w = segment(task).mamba1;
    tile.x_in = x_input(task, task.region.channel, w.u_scale);
    if (tensors_ == nullptr) return bound;
    SegmentTensors& t = tensors(task);
    const std::uint64_t e = work_.dims.d_inner;
    const std::uint64_t x = work_.dims.x_proj_width();
    const std::uint64_t row = first_row(task);
    const std::uint64_t c = task.region.channel;
    const auto operand = [&](const std::vector<std::int8_t>& data, std::uint64_t stride,
                             std::uint64_t column, float scale) {
        return models::SsmOperand{data.data() + row * stride + column, stride, tokens * stride,
                                  scale};
    };
    if (x_use(task).int8()) tile.u = operand(t.conv, e, c, decoding_scale(x_use(task), w.u_scale));
    tile.dt = operand(t.dt_proj, e, c, w.dt_scale);
    tile.b = operand(t.x_proj, x, work_.dims.dt_rank, w.b_scale);
    tile.c = operand(t.x_proj, x, work_.dims.dt_rank + work_.dims.d_state, w.c_scale);
    tile.z = operand(t.in_proj, 2 * e, e + c, w.z_scale);
    tile.weights = {w.a_log + c * work_.dims.d_state,
                    w.d + c,
                    w.dt_bias + c,
                    w.a_scale,
                    w.d_scale,
                    w.dt_bias_scale,
                    w.ssm_state_scale};
    tile.y = t.scan.data() + row * e + c;
    tile.y_stride = e;
    tile.y_sequence_stride = tokens * e;
    const States s = states(task);
    tile.carry = s.carry;
    tile.state = s.state;
    bound.prepare = s.prepare;
    return bound;
}

models::BoundWithTable<models::SsdTile> TileBinding::ssd(const Task& task) {
    const traces::Dims& dims = work_.dims;
    const std::uint64_t tokens = work_.tokens_per_step();
    models::BoundWithTable<models::SsdTile> bound;
    bound.table = tables_.table(static_cast<std::uint32_t>(place(task).layer));
    models::SsdTile& tile = bound.tile;
    tile.shape = ssd_shape(dims, task.region);
    tile.decode = work_.decode();
    tile.last_tile = ends_prompt(task);
    tile.softplus = arithmetic_.softplus;
    tile.x_in = x_input(task, task.region.channel, 0);
    if (tensors_ == nullptr) return bound;
    SegmentTensors& t = tensors(task);
    const traces::Mamba2Layer& w = segment(task).mamba2;
    const std::uint64_t row = first_row(task);
    const std::uint64_t channels = dims.conv_channels();
    const std::uint64_t width = dims.in_proj_width();
    const std::uint64_t e = dims.d_inner;
    const std::uint64_t head = tile.shape.first_head;
    const std::uint64_t b = e;
    const std::uint64_t c = e + dims.bc_width();
    if (!x_use(task).code.values()) {
        const std::int8_t* conv = t.conv.data() + row * channels;
        tile.x = {conv + task.region.channel, channels, tokens * channels};
        tile.b = {conv + b, channels, tokens * channels};
        tile.c = {conv + c, channels, tokens * channels};
    } else {
        const float* values = t.values.data() + row * channels;
        tile.b_values = {values + b, channels, tokens * channels};
        tile.c_values = {values + c, channels, tokens * channels};
    }
    tile.dt = {t.in_proj.data() + row * width + e + channels + head, width, tokens * width};
    tile.weights = {w.a_log + head, w.d + head, w.dt_bias + head, w.a_scale, w.d_scale, w.dt_scale};
    tile.y = t.scan.data() + row * e + task.region.channel;
    tile.y_stride = e;
    tile.y_sequence_stride = tokens * e;
    tile.state_sequence_stride = e * dims.d_state;
    const States s = states(task);
    tile.carry = s.carry;
    tile.state = s.state;
    bound.prepare = s.prepare;
    return bound;
}

models::GatedNormTile TileBinding::gated_norm(const Task& task) {
    const traces::Dims& dims = work_.dims;
    models::GatedNormTile tile;
    tile.shape = {task.region.rows(), dims.d_inner, dims.groups};
    if (tensors_ == nullptr) return tile;
    SegmentTensors& t = tensors(task);
    const std::uint64_t row = first_row(task);
    tile.y = t.scan.data() + row * dims.d_inner;
    tile.z_stride = dims.in_proj_width();
    tile.z = t.in_proj.data() + row * tile.z_stride;
    tile.z_scale = segment(task).mamba2.z_scale;
    tile.weight = segment(task).mamba2.gated_norm_weight;
    tile.epsilon = trace_->info().epsilon;
    tile.output = t.gated_norm.data() + row * dims.d_inner;
    return tile;
}

}  // namespace mambasic::sim
