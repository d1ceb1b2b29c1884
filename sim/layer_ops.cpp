#include "sim/layer_ops.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/units.h"
#include "models/x_code/x_rows.h"

namespace mambasic::sim {

using models::Op;

namespace {

constexpr std::uint64_t kHalf = 2;
constexpr std::uint64_t kFloat = 4;

std::vector<OpSpec> mamba1_ops(const traces::Dims& dims, const models::XUse& use) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    const std::uint64_t r = dims.dt_rank;
    const std::uint64_t x = dims.x_proj_width();
    const Stream operand = use.copied() ? Stream::UInt8 : Stream::U;
    std::vector<OpOutput> convolved = {{Stream::U, 0, e}};
    if (use.copied()) convolved.push_back({Stream::UInt8, 0, e});
    return {
        {Op::Norm,
         {Stream::Hidden, Stream::Residual},
         {{Stream::NormOut, 0, d}, {Stream::ResidualOut, 0, d}}},
        {Op::InProj, {Stream::NormOut}, {{Stream::X, 0, e}, {Stream::Z, e, 2 * e}}},
        {Op::Conv1d, {Stream::X}, convolved},
        {Op::XProj, {operand}, {{Stream::DtIn, 0, r}, {Stream::BC, r, x}}},
        {Op::DtProj, {Stream::DtIn}, {{Stream::Dt, 0, e}}},
        {Op::Scan, {Stream::U, Stream::Dt, Stream::BC, Stream::Z}, {{Stream::Y, 0, e}}},
        {Op::Had, {Stream::Y}, {{Stream::HadOut, 0, e}}, false},
        {Op::OutProj, {Stream::HadOut}, {{Stream::HiddenOut, 0, d}}},
    };
}

std::vector<OpSpec> mamba2_ops(const traces::Dims& dims) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    const std::uint64_t c = dims.conv_channels();
    return {
        {Op::Norm,
         {Stream::Hidden, Stream::Residual},
         {{Stream::NormOut, 0, d}, {Stream::ResidualOut, 0, d}}},
        {Op::InProj,
         {Stream::NormOut},
         {{Stream::Z, 0, e}, {Stream::X, e, e + c}, {Stream::Dt, e + c, dims.in_proj_width()}}},
        {Op::Conv1d, {Stream::X}, {{Stream::U, 0, e}, {Stream::BC, e, c}}},
        {Op::Scan, {Stream::U, Stream::BC, Stream::Dt}, {{Stream::Y, 0, e}}},
        {Op::GatedNorm, {Stream::Y, Stream::Z}, {{Stream::Gated, 0, e}}},
        {Op::Had, {Stream::Gated}, {{Stream::HadOut, 0, e}}, false},
        {Op::OutProj, {Stream::HadOut}, {{Stream::HiddenOut, 0, d}}},
    };
}

// Between the convolution and whoever reads u.
void insert_rotation(const traces::Dims& dims, const models::XUse& use, std::vector<OpSpec>& ops) {
    const auto conv = std::find_if(ops.begin(), ops.end(),
                                   [](const OpSpec& spec) { return spec.op == Op::Conv1d; });
    conv->outputs.front().stream = Stream::Convolved;
    const std::uint64_t e = dims.d_inner;
    const bool matrix = use.code.dense;
    ops.insert(conv + 1, {{Op::Rotate, {Stream::Convolved}, {{Stream::Rotated, 0, e}}, matrix},
                          {Op::Unrotate, {Stream::Rotated}, {{Stream::U, 0, e}}, matrix}});
}

bool rotates(Op op) { return op == Op::Rotate || op == Op::Unrotate; }

}  // namespace

bool is_x(Stream stream) {
    return stream == Stream::U || stream == Stream::UInt8 || stream == Stream::Convolved ||
           stream == Stream::Rotated;
}

bool OpSpec::reads(Stream stream) const {
    return std::find(inputs.begin(), inputs.end(), stream) != inputs.end();
}

std::vector<OpSpec> layer_ops(const traces::Dims& dims, const models::XUse& x) {
    std::vector<OpSpec> ops = dims.mamba2() ? mamba2_ops(dims) : mamba1_ops(dims, x);
    if (x.code.rotated()) insert_rotation(dims, x, ops);
    return ops;
}

std::vector<Op> weighted_ops(const std::vector<OpSpec>& ops) {
    std::vector<Op> weighted;
    for (const OpSpec& spec : ops) {
        if (spec.weighted) weighted.push_back(spec.op);
    }
    return weighted;
}

std::size_t first_back_op(const std::vector<OpSpec>& ops) {
    std::size_t op = 0;
    while (ops[op].op != Op::Scan) ++op;
    return op;
}

bool has_panels(const OpSpec& spec) { return spec.weighted && has_panels(spec.op); }

bool has_panels(Op op) { return models::block_of(op) == models::BlockId::Gemm || rotates(op); }

std::uint64_t bytes_per_row(const Workload& work, Stream stream, std::uint32_t layer) {
    const traces::Dims& dims = work.dims;
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    switch (stream) {
        case Stream::Hidden:
        case Stream::HiddenOut:
            return d * kHalf;
        case Stream::Residual:
        case Stream::ResidualOut:
            return d * kFloat;
        case Stream::NormOut:
            return d;
        case Stream::X:
            return dims.conv_channels();
        case Stream::DtIn:
            return dims.dt_rank;
        case Stream::U:
            return models::x_row_bytes(work.x_use(layer).code, e);
        case Stream::UInt8:
            return work.x_use(layer).copied() ? e : 0;
        case Stream::BC:
            if (!dims.mamba2()) return std::uint64_t{2} * dims.d_state;
            return std::uint64_t{2} * dims.bc_width() *
                   (work.x_use(layer).code.values() ? kFloat : 1);
        case Stream::Dt:
            return dims.mamba2() ? dims.heads : e;
        case Stream::Convolved:
            return work.x_use(layer).code.rotated() ? e * kFloat : 0;
        case Stream::Rotated:
            return work.x_use(layer).code.rotated() ? e : 0;
        case Stream::Y:
        case Stream::Gated:
            return e * kHalf;
        default:
            return e;
    }
}

LinearShape linear_shape(const traces::Dims& dims, Op op) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    switch (op) {
        case Op::InProj:
            return {dims.in_proj_width(), d};
        case Op::XProj:
            return {dims.x_proj_width(), e};
        case Op::DtProj:
            return {e, dims.dt_rank};
        case Op::OutProj:
            return {d, e};
        case Op::Rotate:
        case Op::Unrotate:
            return {e, e};
        case Op::LmHead:
            return {dims.vocab, d};
        default:
            MAMBASIC_CHECK(false, std::string("not a linear: ") + models::name_of(op));
    }
}

bool has_int4_weights(const Workload& work, Op op) {
    return work.int4_weights && op != Op::DtProj && !rotates(op);
}

std::uint64_t channel_bytes(const Workload& work, Op op) {
    const std::uint64_t k = linear_shape(work.dims, op).k;
    if (rotates(op)) return k * kHalf;
    // Codes, FP16 scales of the groups, an FP32 scale of the channel.
    if (has_int4_weights(work, op)) {
        return k / 2 + models::ceil_div(k, traces::kW4Group) * kHalf + kFloat;
    }
    // Mamba2's in_proj has an output scale for each section, stored by channel.
    return k + (work.dims.mamba2() && op == Op::InProj ? kFloat : 0);
}

std::uint64_t stored_channels(const Workload& work, Op op) {
    constexpr std::uint64_t kInt4Unit = 64;
    constexpr std::uint64_t kInt8Unit = 16;
    if (rotates(op)) return linear_shape(work.dims, op).n;
    const std::uint64_t unit = has_int4_weights(work, op) ? kInt4Unit : kInt8Unit;
    return models::ceil_div(linear_shape(work.dims, op).n, unit) * unit;
}

std::uint64_t embedding_row_bytes(const Workload& work) {
    return work.dims.d_model / (work.int4_weights ? 2 : 1) + kHalf;  // codes and an FP16 scale
}

std::uint64_t conv_state_bytes(const traces::Dims& dims) {
    return std::uint64_t{dims.conv_channels()} * dims.d_conv;
}

std::uint64_t weight_bytes(const Workload& work, Op op) {
    const traces::Dims& dims = work.dims;
    const std::uint64_t e = dims.d_inner;
    switch (op) {
        case Op::Norm:
        case Op::NormF:
            return std::uint64_t{dims.d_model} * kHalf;
        case Op::Conv1d:
            return conv_state_bytes(dims) + dims.conv_channels();  // as many taps; bias
        case Op::Scan:
            if (dims.mamba2()) return dims.heads * (2 + kHalf);  // A_log, D; FP16 dt_bias
            return e * dims.d_state + 2 * e;                     // A_log; D and dt_bias
        case Op::GatedNorm:
            return e * kHalf;
        case Op::Embedding:
            return dims.vocab * embedding_row_bytes(work);
        case Op::Had:
            return 0;
        default:
            return stored_channels(work, op) * channel_bytes(work, op);
    }
}

}  // namespace mambasic::sim
