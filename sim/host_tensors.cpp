#include "sim/host_tensors.h"

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::sim {

using models::Segment;

namespace {

/// Row (sequence, step) of [batch][steps][width] for every sequence.
template <typename T>
std::vector<T> gather_step(const T* from, const Workload& work, std::uint32_t step,
                           std::uint64_t width) {
    std::vector<T> rows(work.batch * width);
    for (std::uint64_t s = 0; s < work.batch; ++s) {
        std::copy_n(from + (s * work.tokens + step) * width, width, rows.data() + s * width);
    }
    return rows;
}

template <typename T>
OutputTensor output(const char* name, traces::DType dtype, std::vector<std::uint64_t> shape,
                    const std::vector<T>& data) {
    return {name, dtype, std::move(shape), data.data()};
}

}  // namespace

HostTensors::HostTensors(const Workload& work, const traces::Trace& trace,
                         std::uint32_t first_layer)
    : work_(work), trace_(trace), first_layer_(first_layer), latest_(work.layers) {}

SegmentTensors& HostTensors::at(std::uint32_t segment, std::int32_t layer, std::uint32_t step) {
    const auto found = segments_.find(segment);
    if (found != segments_.end()) return found->second;
    const auto before = segment == 0 ? segments_.end() : segments_.find(segment - 1);
    const SegmentTensors* previous = before == segments_.end() ? nullptr : &before->second;
    SegmentTensors& t = segments_[segment];
    t.layer = layer;
    t.step = step;
    if (layer == Segment::kEmbedding) {
        make_embedding(t);
    } else if (layer == Segment::kHead) {
        MAMBASIC_CHECK(previous != nullptr, "the head runs before its layer");
        make_head(t, *previous);
    } else {
        make_layer(t, previous);
    }
    return t;
}

void HostTensors::make_embedding(SegmentTensors& t) const {
    t.tokens = trace_.tokens();
    if (work_.decode()) {
        t.token_copy = gather_step(trace_.tokens(), work_, t.step, 1);
        t.tokens = t.token_copy.data();
    }
    t.out.resize(work_.batch * work_.tokens_per_step() * work_.dims.d_model);
}

void HostTensors::take_model_input(SegmentTensors& t) const {
    t.hidden_in = trace_.input_hidden();
    t.residual_in = trace_.input_residual();
    if (first_layer_ > 0) {
        const traces::Tensor* hidden = trace_.recorded(first_layer_ - 1, "out_proj.output");
        const traces::Tensor* residual = trace_.recorded(first_layer_ - 1, "norm.residual");
        MAMBASIC_CHECK(hidden != nullptr && residual != nullptr, "run() asked for these");
        t.hidden_in = hidden->as<arith::Half>();
        t.residual_in = residual->as<float>();
    }
    if (!work_.decode()) return;
    const std::uint64_t d = work_.dims.d_model;
    t.hidden_copy = gather_step(t.hidden_in, work_, t.step, d);
    t.hidden_in = t.hidden_copy.data();
    if (t.residual_in == nullptr) return;
    t.residual_copy = gather_step(t.residual_in, work_, t.step, d);
    t.residual_in = t.residual_copy.data();
}

void HostTensors::take_states(SegmentTensors& t) {
    const auto layer = static_cast<std::uint32_t>(t.layer);
    const std::uint64_t channels = work_.batch * work_.dims.d_inner;
    const std::uint64_t conv = channels * work_.dims.d_conv;
    const std::uint64_t ssm = channels * work_.dims.d_state;
    if (work_.decode()) {
        if (!latest_[layer]) {
            const std::int8_t* c = trace_.conv_state_in(first_layer_ + layer);
            const std::int8_t* s = trace_.ssm_state_in(first_layer_ + layer);
            latest_[layer] = std::make_shared<LayerStates>();
            latest_[layer]->conv.assign(c, c + conv);
            latest_[layer]->ssm.assign(s, s + ssm);
        }
        t.states_in = latest_[layer];
    }
    t.states = std::make_shared<LayerStates>();
    t.states->conv.resize(conv);
    t.states->ssm.resize(ssm);
    if (work_.decode()) latest_[layer] = t.states;
}

void HostTensors::make_layer(SegmentTensors& t, const SegmentTensors* before) {
    const bool first = t.layer == 0;
    if (first && !work_.embeds) {
        take_model_input(t);
    } else {
        MAMBASIC_CHECK(before != nullptr, "a layer runs before the one it reads");
        t.hidden_in = before->out.data();
        t.residual_in = first ? nullptr : before->residual.data();
    }
    take_states(t);
    const traces::Dims& dims = work_.dims;
    const std::uint64_t rows = work_.batch * work_.tokens_per_step();
    t.residual.resize(rows * dims.d_model);
    t.norm.resize(rows * dims.d_model);
    t.in_proj.resize(rows * dims.d_inner * 2);
    t.conv.resize(rows * dims.d_inner);
    t.x_proj.resize(rows * dims.x_proj_width());
    t.dt_proj.resize(rows * dims.d_inner);
    t.scan.resize(rows * dims.d_inner);
    t.had.resize(rows * dims.d_inner);
    t.out.resize(rows * dims.d_model);
    t.carry.resize(work_.batch * dims.d_inner * dims.d_state);
}

void HostTensors::make_head(SegmentTensors& t, const SegmentTensors& before) const {
    const std::uint64_t d = work_.dims.d_model;
    t.hidden_copy.resize(work_.batch * d);
    t.residual_copy.resize(work_.batch * d);
    t.hidden_in = t.hidden_copy.data();
    t.residual_in = t.residual_copy.data();
    t.before = &before;
    t.residual.resize(work_.batch * d);
    t.norm.resize(work_.batch * d);
    t.out.resize(work_.batch * work_.dims.vocab);
}

void HostTensors::gather_head(SegmentTensors& head) const {
    const std::uint64_t d = work_.dims.d_model;
    for (std::uint64_t s = 0; s < work_.batch; ++s) {
        const std::uint64_t row = (s + 1) * work_.tokens_per_step() - 1;
        std::copy_n(head.before->out.data() + row * d, d, head.hidden_copy.data() + s * d);
        std::copy_n(head.before->residual.data() + row * d, d, head.residual_copy.data() + s * d);
    }
}

void HostTensors::segment_done(std::uint32_t segment) {
    if (segment > 0) segments_.erase(segment - 1);
}

std::vector<OutputTensor> HostTensors::outputs(const SegmentTensors& t) const {
    using traces::DType;
    const std::uint64_t b = work_.batch;
    const std::uint64_t d = work_.dims.d_model;
    if (t.layer == Segment::kEmbedding) {
        return {output("embedding.output", DType::F16, {b, work_.tokens_per_step(), d}, t.out)};
    }
    if (t.layer == Segment::kHead) {
        return {output("norm_f.residual", DType::F32, {b, 1, d}, t.residual),
                output("norm_f.output", DType::I8, {b, 1, d}, t.norm),
                output("lm_head.output", DType::F16, {b, 1, work_.dims.vocab}, t.out)};
    }
    return layer_outputs(t);
}

std::vector<OutputTensor> HostTensors::layer_outputs(const SegmentTensors& t) const {
    using traces::DType;
    const traces::Dims& dims = work_.dims;
    const std::uint64_t b = work_.batch;
    const std::uint64_t tokens = work_.tokens_per_step();
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    return {output("norm.residual", DType::F32, {b, tokens, d}, t.residual),
            output("norm.output", DType::I8, {b, tokens, d}, t.norm),
            output("in_proj.output", DType::I8, {b, tokens, 2 * e}, t.in_proj),
            output("conv1d.output", DType::I8, {b, tokens, e}, t.conv),
            output("conv1d.state", DType::I8, {b, e, dims.d_conv}, t.states->conv),
            output("x_proj.output", DType::I8, {b, tokens, dims.x_proj_width()}, t.x_proj),
            output("dt_proj.output", DType::I8, {b, tokens, e}, t.dt_proj),
            output("scan.output", DType::F16, {b, tokens, e}, t.scan),
            output("scan.carry", DType::F32, {b, e, dims.d_state}, t.carry),
            output("scan.state", DType::I8, {b, e, dims.d_state}, t.states->ssm),
            output("had.output", DType::I8, {b, tokens, e}, t.had),
            output("out_proj.output", DType::F16, {b, tokens, d}, t.out)};
}

}  // namespace mambasic::sim
