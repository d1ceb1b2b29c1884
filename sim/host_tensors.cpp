#include "sim/host_tensors.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/x_code/x_rows.h"
#include "sim/layer_ops.h"

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
    const std::uint64_t conv = work_.batch * conv_state_bytes(work_.dims);
    const std::uint64_t ssm = work_.batch * work_.dims.d_inner * work_.dims.d_state;
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
    t.in_proj.resize(rows * dims.in_proj_width());
    make_convolved(t);
    if (dims.mamba2()) {
        t.gated_norm.resize(rows * dims.d_inner);
    } else {
        t.x_proj.resize(rows * dims.x_proj_width());
        t.dt_proj.resize(rows * dims.d_inner);
    }
    t.scan.resize(rows * dims.d_inner);
    t.had.resize(rows * dims.d_inner);
    t.out.resize(rows * dims.d_model);
    t.carry.resize(work_.batch * dims.d_inner * dims.d_state);
}

void HostTensors::make_convolved(SegmentTensors& t) const {
    const traces::Dims& dims = work_.dims;
    const models::XUse& x = x_use(t);
    const std::uint64_t rows = work_.batch * work_.tokens_per_step();
    const std::uint64_t channels = dims.conv_channels();
    const bool int8_read = dims.mamba2() ? !x.code.values() : !x.multiplied();
    if (int8_read) t.conv.resize(rows * channels);
    if (x.code.own_codes()) t.x_words.resize(rows * models::x_row_bytes(x.code, dims.d_inner));
    if (x.code.x_values()) t.values.resize(rows * value_width(dims, x.code));
    if (!x.code.rotated()) return;
    t.rotated.resize(rows * dims.d_inner);
    t.unrotated.resize(rows * dims.d_inner);
}

void HostTensors::unpack_x(SegmentTensors& t) const {
    const traces::XCode& code = x_use(t).code;
    if (t.x_words.empty()) return;
    const std::uint64_t e = work_.dims.d_inner;
    const std::uint64_t bytes = models::x_row_bytes(code, e);
    const std::uint64_t rows = t.x_words.size() / bytes;
    t.x_codes.resize(rows * e);
    if (code.dual()) t.x_flags.resize(rows * e);
    for (std::uint64_t row = 0; row < rows; ++row) {
        std::int8_t* flags = code.dual() ? t.x_flags.data() + row * e : nullptr;
        models::x_unpack_row(code, e, t.x_words.data() + row * bytes, t.x_codes.data() + row * e,
                             flags);
    }
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

std::vector<OutputTensor> HostTensors::outputs(SegmentTensors& t) const {
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
    unpack_x(t);
    return layer_outputs(t);
}

void HostTensors::add_convolved(const SegmentTensors& t, std::vector<OutputTensor>& outputs) const {
    using traces::DType;
    const auto shape = [&](std::uint64_t width) {
        return std::vector<std::uint64_t>{work_.batch, work_.tokens_per_step(), width};
    };
    const std::uint64_t e = work_.dims.d_inner;
    const std::uint64_t channels = work_.dims.conv_channels();
    const auto add = [&](const char* name, DType dtype, std::uint64_t width, const auto& data) {
        if (!data.empty()) outputs.push_back(output(name, dtype, shape(width), data));
    };
    add("conv1d.output", DType::I8, channels, t.conv);
    add("conv1d.codes", DType::I8, e, t.x_codes);
    add("conv1d.flags", DType::I8, e, t.x_flags);
    add("conv1d.values", DType::F32, value_width(work_.dims, x_use(t).code), t.values);
    add("rotate.output", DType::I8, e, t.rotated);
    add("unrotate.output", DType::F32, e, t.unrotated);
}

std::vector<OutputTensor> HostTensors::layer_outputs(const SegmentTensors& t) const {
    using traces::DType;
    const traces::Dims& dims = work_.dims;
    const std::uint64_t b = work_.batch;
    const std::uint64_t e = dims.d_inner;
    const auto rows_by = [&](std::uint64_t width) {
        return std::vector<std::uint64_t>{b, work_.tokens_per_step(), width};
    };
    const std::vector<std::uint64_t> model = rows_by(dims.d_model);
    const std::vector<std::uint64_t> inner = rows_by(e);
    std::vector<OutputTensor> outputs = {
        output("norm.residual", DType::F32, model, t.residual),
        output("norm.output", DType::I8, model, t.norm),
        output("in_proj.output", DType::I8, rows_by(dims.in_proj_width()), t.in_proj)};
    const auto add = [&outputs](OutputTensor tensor) { outputs.push_back(std::move(tensor)); };
    add_convolved(t, outputs);
    add(output("conv1d.state", DType::I8, {b, dims.conv_channels(), dims.d_conv}, t.states->conv));
    if (!dims.mamba2()) {
        add(output("x_proj.output", DType::I8, rows_by(dims.x_proj_width()), t.x_proj));
        add(output("dt_proj.output", DType::I8, inner, t.dt_proj));
    }
    add(output("scan.output", DType::F16, inner, t.scan));
    add(output("scan.carry", DType::F32, {b, e, dims.d_state}, t.carry));
    add(output("scan.state", DType::I8, {b, e, dims.d_state}, t.states->ssm));
    if (dims.mamba2()) add(output("gated_norm.output", DType::F16, inner, t.gated_norm));
    add(output("had.output", DType::I8, inner, t.had));
    add(output("out_proj.output", DType::F16, model, t.out));
    return outputs;
}

}  // namespace mambasic::sim
