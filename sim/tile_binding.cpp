#include "sim/tile_binding.h"

#include <algorithm>
#include <cmath>

namespace mambasic::sim {

using models::Epilogue;
using models::Op;
using models::Region;
using models::Task;

namespace {

/// A step's states start as those of the step before; a job of that one makes them.
std::function<void()> copy_of(const std::int8_t* from, std::uint64_t count, std::int8_t* to) {
    return [=] { std::copy_n(from, count, to); };
}

}  // namespace

TileBinding::TileBinding(const Workload& work, const ArithmeticConfig& arithmetic, const Data& data)
    : work_(work),
      arithmetic_(arithmetic),
      trace_(data.trace),
      first_layer_(data.first_layer),
      tensors_(data.tensors) {
    if (tensors_ != nullptr && (work.embeds || work.has_head)) head_ = trace_->head();
}

void TileBinding::begin_segment(std::uint32_t segment, Place place) {
    Segment& s = segments_[segment];
    s.place = place;
    if (tensors_ == nullptr || place.layer < 0) return;
    s.weights = trace_->mamba1_layer(first_layer_ + static_cast<std::uint32_t>(place.layer));
}

void TileBinding::segment_done(std::uint32_t segment) { segments_.erase(segment); }

SegmentTensors& TileBinding::tensors(const Task& task) {
    return tensors_->at(task.segment, place(task).layer, place(task).step);
}

std::uint64_t TileBinding::first_row(const Task& task) const {
    // The head works on rows of its own: one for each sequence.
    if (task.op == Op::NormF || task.op == Op::LmHead) return task.region.sequence;
    return task.region.sequence * work_.tokens_per_step() + task.region.token;
}

models::EmbeddingTile TileBinding::embedding(const Task& task) {
    models::EmbeddingTile tile;
    tile.shape = {task.region.rows(), work_.dims.d_model};
    if (tensors_ == nullptr) return tile;
    SegmentTensors& t = tensors(task);
    const std::uint64_t row = first_row(task);
    tile.tokens = t.tokens + row;
    tile.weight = head_.embedding_weight;
    tile.scales = head_.embedding_scales;
    tile.output = t.out.data() + row * work_.dims.d_model;
    return tile;
}

models::BoundNorm TileBinding::norm(const Task& task) {
    const bool final_norm = task.op == Op::NormF;
    const bool first_layer = place(task).layer == 0;
    models::BoundNorm bound;
    bound.has_residual_in = final_norm || !first_layer || work_.residual_input;
    models::NormTile& tile = bound.tile;
    tile.shape = {task.region.rows(), work_.dims.d_model};
    if (tensors_ == nullptr) return bound;
    SegmentTensors& t = tensors(task);
    const std::uint64_t offset = first_row(task) * work_.dims.d_model;
    tile.hidden = t.hidden_in + offset;
    tile.residual_in = bound.has_residual_in ? t.residual_in + offset : nullptr;
    tile.residual_out = t.residual.data() + offset;
    tile.weight = final_norm ? head_.norm_f_weight : layer(task).norm_weight;
    tile.output_scale = final_norm ? head_.norm_f_output_scale : layer(task).norm_output_scale;
    tile.epsilon = trace_->info().epsilon;
    tile.output = t.norm.data() + offset;
    if (final_norm) bound.prepare = [this, &t] { tensors_->gather_head(t); };
    return bound;
}

Epilogue TileBinding::epilogue(Op op) const {
    // kernels.md 2.2: by the rows of the whole call, not of the tile. in_proj and dt_proj of a
    // prefill are upstream's to_seqlen_last at any number of rows.
    const bool half = op == Op::OutProj || op == Op::LmHead;
    const std::uint64_t rows =
        op == Op::LmHead ? work_.batch : work_.batch * work_.tokens_per_step();
    if (half) return rows > 1 ? Epilogue::HalfWeightFirst : Epilogue::HalfAlpha;
    const bool seqlen_last = !work_.decode() && (op == Op::InProj || op == Op::DtProj);
    if (seqlen_last) return Epilogue::Int8InputFirst;
    return rows > 1 ? Epilogue::Int8WeightFirst : Epilogue::Int8Alpha;
}

models::GemmTile TileBinding::gemm(const Task& task) {
    models::GemmTile tile;
    tile.shape = {task.region.rows(), task.region.channels, linear_shape(work_.dims, task.op).k};
    tile.epilogue = epilogue(task.op);
    tile.wrap = arithmetic_.quamba_quirks && tile.epilogue == Epilogue::Int8Alpha;
    if (tensors_ != nullptr) bind_linear(task, tile);
    return tile;
}

void TileBinding::bind_linear(const Task& task, models::GemmTile& tile) {
    SegmentTensors& t = tensors(task);
    const traces::Linear linear = [&] {
        switch (task.op) {
            case Op::InProj:
                return layer(task).in_proj;
            case Op::XProj:
                return layer(task).x_proj;
            case Op::DtProj:
                return layer(task).dt_proj;
            case Op::OutProj:
                return layer(task).out_proj;
            default:
                return head_.lm_head;
        }
    }();
    const std::vector<std::int8_t>& x = task.op == Op::XProj     ? t.conv
                                        : task.op == Op::DtProj  ? t.x_proj
                                        : task.op == Op::OutProj ? t.had
                                                                 : t.norm;
    const std::uint64_t row = first_row(task);
    tile.x_stride = task.op == Op::DtProj ? work_.dims.x_proj_width() : linear.k;
    tile.x = x.data() + row * tile.x_stride;
    tile.weight = linear.weight + task.region.channel * linear.k;
    tile.a = linear.a;
    tile.b = linear.b;
    tile.alpha = linear.alpha;
    tile.out_stride = linear.n;
    const std::uint64_t at = row * linear.n + task.region.channel;
    if (task.op == Op::OutProj || task.op == Op::LmHead) {
        tile.out_half = t.out.data() + at;
        return;
    }
    std::vector<std::int8_t>& out = task.op == Op::InProj  ? t.in_proj
                                    : task.op == Op::XProj ? t.x_proj
                                                           : t.dt_proj;
    tile.out_int8 = out.data() + at;
}

models::Bound<models::ConvTile> TileBinding::conv(const Task& task) {
    const std::uint64_t e = work_.dims.d_inner;
    models::Bound<models::ConvTile> bound;
    models::ConvTile& tile = bound.tile;
    tile.shape = {task.region.sequences, task.region.tokens, e};
    tile.per_tap_scaling = work_.decode();
    if (tensors_ == nullptr) return bound;
    SegmentTensors& t = tensors(task);
    const traces::Mamba1Layer& weights = layer(task);
    const std::uint64_t tokens = work_.tokens_per_step();
    const std::uint64_t row = first_row(task);
    tile.x = t.in_proj.data() + row * 2 * e;
    tile.x_stride = 2 * e;
    tile.x_sequence_stride = tokens * 2 * e;
    const std::uint64_t at = task.region.sequence * e * work_.dims.d_conv;
    tile.history = t.states->conv.data() + at;
    if (work_.decode()) {
        const std::uint64_t n = task.region.sequences * e * work_.dims.d_conv;
        bound.prepare = copy_of(t.states_in->conv.data() + at, n, tile.history);
    }
    tile.weight = weights.conv_weight;
    tile.bias = weights.conv_bias;
    tile.input_scale = weights.conv_input_scale;
    tile.weight_scale = weights.conv_weight_scale;
    tile.bias_scale = weights.conv_bias_scale;
    tile.output_scale = weights.conv_output_scale;
    tile.output = t.conv.data() + row * e;
    tile.output_stride = e;
    tile.output_sequence_stride = tokens * e;
    return bound;
}

models::Bound<models::SsmTile> TileBinding::ssm(const Task& task) {
    const std::uint64_t tokens = work_.tokens_per_step();
    models::Bound<models::SsmTile> bound;
    models::SsmTile& tile = bound.tile;
    tile.shape = {task.region.sequences, task.region.tokens, task.region.channels,
                  work_.dims.d_state};
    tile.decode = work_.decode();
    tile.last_tile = !tile.decode && task.region.token + task.region.tokens == tokens;
    tile.softplus = arithmetic_.softplus;
    if (tensors_ == nullptr) return bound;
    SegmentTensors& t = tensors(task);
    const traces::Mamba1Layer& w = layer(task);
    const std::uint64_t e = work_.dims.d_inner;
    const std::uint64_t x = work_.dims.x_proj_width();
    const std::uint64_t row = first_row(task);
    const std::uint64_t c = task.region.channel;
    const auto operand = [&](const std::vector<std::int8_t>& data, std::uint64_t stride,
                             std::uint64_t column, float scale) {
        return models::SsmOperand{data.data() + row * stride + column, stride, tokens * stride,
                                  scale};
    };
    tile.u = operand(t.conv, e, c, w.u_scale);
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
    bind_states(task, bound);
    return bound;
}

void TileBinding::bind_states(const Task& task, models::Bound<models::SsmTile>& bound) {
    // Groups of the schedule are whole sequences, or channels of one: contiguous either way.
    SegmentTensors& t = tensors(task);
    const Region& r = task.region;
    const std::uint64_t at = (r.sequence * work_.dims.d_inner + r.channel) * work_.dims.d_state;
    models::SsmTile& tile = bound.tile;
    tile.carry = t.carry.data() + at;
    tile.state = t.states->ssm.data() + at;
    if (!tile.decode) return;
    const std::uint64_t n = r.sequences * r.channels * work_.dims.d_state;
    bound.prepare = copy_of(t.states_in->ssm.data() + at, n, tile.state);
}

models::HadamardTile TileBinding::hadamard(const Task& task) {
    const std::uint64_t e = work_.dims.d_inner;
    models::HadamardTile tile;
    tile.shape = {task.region.rows(), e};
    tile.wrap = arithmetic_.quamba_quirks;
    if (tensors_ == nullptr) return tile;
    SegmentTensors& t = tensors(task);
    const std::uint64_t offset = first_row(task) * e;
    tile.x = t.scan.data() + offset;
    tile.scale =
        static_cast<float>((1.0 / std::sqrt(static_cast<double>(e))) / layer(task).had_scale);
    tile.output = t.had.data() + offset;
    return tile;
}

}  // namespace mambasic::sim
