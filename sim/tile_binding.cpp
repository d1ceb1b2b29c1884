#include "sim/tile_binding.h"

#include <algorithm>
#include <cmath>

#include "sim/layer_ops.h"
#include "sim/scratchpad_layout.h"

namespace mambasic::sim {

using models::Epilogue;
using models::Op;
using models::Region;
using models::Task;

TileBinding::TileBinding(const Workload& work, const ChipConfig& chip, const Data& data)
    : work_(work),
      arithmetic_(chip.arithmetic),
      schedule_(chip.schedule),
      tables_(work, chip.scale_table, data.trace, data.first_layer),
      trace_(data.trace),
      first_layer_(data.first_layer),
      tensors_(data.tensors) {
    if (tensors_ != nullptr && (work.embeds || work.has_head)) head_ = trace_->head();
}

void TileBinding::begin_segment(std::uint32_t segment, Place place) {
    Segment& s = segments_[segment];
    s.place = place;
    if (place.layer < 0) return;
    const auto layer = static_cast<std::uint32_t>(place.layer);
    s.ops = layer_ops(work_.dims, work_.x_use(layer));
    if (tensors_ == nullptr) return;
    const std::uint32_t index = first_layer_ + layer;
    if (work_.dims.mamba2()) {
        s.mamba2 = trace_->mamba2_layer(index);
    } else {
        s.mamba1 = trace_->mamba1_layer(index);
    }
}

void TileBinding::segment_done(std::uint32_t segment) { segments_.erase(segment); }

models::SramLayout TileBinding::layout(const Task& task) const {
    const Segment& s = segment(task);
    if (s.place.layer < 0) return {};
    return scratchpad_layout(work_, schedule_, s.ops, static_cast<std::uint32_t>(s.place.layer),
                             task);
}

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
    tile.weight = final_norm ? head_.norm_f_weight
                             : of_layer(task, [](const auto& l) { return l.norm_weight; });
    tile.output_scale = final_norm
                            ? head_.norm_f_output_scale
                            : of_layer(task, [](const auto& l) { return l.norm_output_scale; });
    tile.epsilon = trace_->info().epsilon;
    tile.output = t.norm.data() + offset;
    if (final_norm) bound.prepare = [this, &t] { tensors_->gather_head(t); };
    return bound;
}

Epilogue TileBinding::columns_epilogue(Op op, std::uint64_t rows) const {
    if (op == Op::OutProj || op == Op::LmHead) return Epilogue::HalfColumns;
    const bool one_row = rows == 1 && !has_int4_weights(work_, op);
    return one_row ? Epilogue::Int8ColumnsAlpha : Epilogue::Int8Columns;
}

Epilogue TileBinding::epilogue(Op op) const {
    // kernels.md 2.2: by the rows of the whole call, not of the tile. in_proj and dt_proj of a
    // Mamba1 prefill are upstream's to_seqlen_last at any number of rows.
    const std::uint64_t rows =
        op == Op::LmHead ? work_.batch : work_.batch * work_.tokens_per_step();
    const bool sections = work_.dims.mamba2() && op == Op::InProj;
    if (sections || has_int4_weights(work_, op)) return columns_epilogue(op, rows);
    const bool half = op == Op::OutProj || op == Op::LmHead;
    if (half) return rows > 1 ? Epilogue::HalfWeightFirst : Epilogue::HalfAlpha;
    const bool seqlen_last = !work_.decode() && (op == Op::InProj || op == Op::DtProj);
    if (seqlen_last) return Epilogue::Int8InputFirst;
    return rows > 1 ? Epilogue::Int8WeightFirst : Epilogue::Int8Alpha;
}

models::BoundWithTable<models::GemmTile> TileBinding::gemm(const Task& task) {
    models::BoundWithTable<models::GemmTile> bound;
    models::GemmTile& tile = bound.tile;
    tile.shape = {task.region.rows(), task.region.channels, linear_shape(work_.dims, task.op).k};
    tile.mode = has_int4_weights(work_, task.op) ? models::MacMode::Int4 : models::MacMode::Int8;
    tile.epilogue = epilogue(task.op);
    tile.wrap = arithmetic_.quamba_quirks && tile.epilogue == Epilogue::Int8Alpha;
    if (tensors_ != nullptr) bind_linear(task, tile);
    if (task.op == Op::XProj) bind_x_proj(task, bound);
    return bound;
}

traces::Linear TileBinding::linear(const Task& task) const {
    switch (task.op) {
        case Op::InProj:
            return of_layer(task, [](const auto& l) { return l.in_proj; });
        case Op::XProj:
            return segment(task).mamba1.x_proj;
        case Op::DtProj:
            return segment(task).mamba1.dt_proj;
        case Op::OutProj:
            return of_layer(task, [](const auto& l) { return l.out_proj; });
        default:
            return head_.lm_head;
    }
}

std::int8_t* TileBinding::linear_output(const Task& task) {
    SegmentTensors& t = tensors(task);
    if (task.op == Op::InProj) return t.in_proj.data();
    return task.op == Op::XProj ? t.x_proj.data() : t.dt_proj.data();
}

void TileBinding::bind_linear(const Task& task, models::GemmTile& tile) {
    SegmentTensors& t = tensors(task);
    const traces::Linear weights = linear(task);
    const std::vector<std::int8_t>& x = task.op == Op::XProj     ? t.conv
                                        : task.op == Op::DtProj  ? t.x_proj
                                        : task.op == Op::OutProj ? t.had
                                                                 : t.norm;
    const std::uint64_t row = first_row(task);
    tile.x_stride = task.op == Op::DtProj ? work_.dims.x_proj_width() : weights.k;
    if (!x.empty()) tile.x = x.data() + row * tile.x_stride;  // else bind_x_proj() says where
    tile.weight = weights.weight + task.region.channel * weights.k;
    tile.a = weights.a;
    tile.b = weights.b;
    tile.alpha = weights.alpha;
    if (weights.column != nullptr) tile.column = weights.column + task.region.channel;
    tile.out_stride = weights.n;
    const std::uint64_t at = row * weights.n + task.region.channel;
    if (task.op == Op::OutProj || task.op == Op::LmHead) {
        tile.out_half = t.out.data() + at;
    } else {
        tile.out_int8 = linear_output(task) + at;
    }
}

models::HadamardTile TileBinding::hadamard(const Task& task) {
    const std::uint64_t e = work_.dims.d_inner;
    models::HadamardTile tile;
    tile.shape = {task.region.rows(), e};
    tile.wrap = arithmetic_.quamba_quirks;
    if (tensors_ == nullptr) return tile;
    SegmentTensors& t = tensors(task);
    const std::uint64_t offset = first_row(task) * e;
    const double had_scale = of_layer(task, [](const auto& l) { return l.had_scale; });
    tile.x = (work_.dims.mamba2() ? t.gated_norm : t.scan).data() + offset;
    tile.scale = static_cast<float>((1.0 / std::sqrt(static_cast<double>(e))) / had_scale);
    tile.output = t.had.data() + offset;
    return tile;
}

}  // namespace mambasic::sim
