#include "sim/address_map.h"

#include "models/common/units.h"

namespace mambasic::sim {

using models::Op;

namespace {

constexpr Op kLayerOps[] = {Op::Norm,   Op::InProj, Op::Conv1d, Op::XProj,
                            Op::DtProj, Op::Scan,   Op::OutProj};

std::uint64_t linear_bytes(const traces::Dims& dims, Op op) {
    const LinearShape shape = linear_shape(dims, op);
    return models::ceil_div(shape.n, 16) * 16 * shape.k;
}

}  // namespace

std::uint64_t weight_bytes(const traces::Dims& dims, Op op) {
    const std::uint64_t e = dims.d_inner;
    switch (op) {
        case Op::Norm:
        case Op::NormF:
            return std::uint64_t{dims.d_model} * 2;  // FP16
        case Op::Conv1d:
            return e * dims.d_conv + e;  // taps and bias
        case Op::Scan:
            return e * dims.d_state + 2 * e;  // A_log; D and dt_bias
        case Op::Embedding:
            return std::uint64_t{dims.vocab} * (dims.d_model + 2);  // codes and FP16 scales
        case Op::Had:
            return 0;
        default:
            return linear_bytes(dims, op);
    }
}

std::uint64_t bytes_per_row(const traces::Dims& dims, Stream stream) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    switch (stream) {
        case Stream::Hidden:
        case Stream::HiddenOut:
            return d * 2;  // FP16
        case Stream::Residual:
        case Stream::ResidualOut:
            return d * 4;  // FP32
        case Stream::NormOut:
            return d;
        case Stream::DtIn:
            return dims.dt_rank;
        case Stream::BC:
            return std::uint64_t{2} * dims.d_state;
        case Stream::Y:
            return e * 2;  // FP16
        default:
            return e;
    }
}

AddressMap::AddressMap(const Workload& work) : work_(work) {
    const traces::Dims& dims = work.dims;
    for (const Op op : kLayerOps) layer_weights_ += weight_bytes(dims, op);
    const std::uint64_t rows = work.batch * work.tokens_per_step();
    std::uint64_t at = layer_weights_ * work.layers;
    const auto take = [&at](std::uint64_t bytes) {
        const std::uint64_t start = at;
        at += bytes;
        return start;
    };
    head_ =
        take(work.has_head ? weight_bytes(dims, Op::NormF) + weight_bytes(dims, Op::LmHead) : 0);
    embedding_ = take(work.embeds ? weight_bytes(dims, Op::Embedding) : 0);
    tables_ = take(kScaleTableBytes * work.layers);
    const std::uint64_t channels = work.batch * dims.d_inner;
    states_ = take(channels * (dims.d_conv + dims.d_state) * work.layers);
    carry_ = take(channels * dims.d_state * 4);
    for (std::size_t s = 0; s < kStreamCount; ++s) {
        streams_[s] = take(rows * bytes_per_row(dims, static_cast<Stream>(s)));
    }
    head_norm_ = take(work.batch * dims.d_model);
    logits_ = take(work.batch * dims.vocab * 2);
    end_ = at;
}

std::uint64_t AddressMap::weights(std::int32_t layer, Op op) const {
    if (op == Op::NormF) return head_;
    if (op == Op::LmHead) return head_ + weight_bytes(work_.dims, Op::NormF);
    std::uint64_t at = layer_weights_ * static_cast<std::uint64_t>(layer);
    for (const Op before : kLayerOps) {
        if (before == op) break;
        at += weight_bytes(work_.dims, before);
    }
    return at;
}

std::uint64_t AddressMap::table(std::uint32_t layer) const {
    return tables_ + kScaleTableBytes * layer;
}

std::uint64_t AddressMap::conv_state(std::uint32_t layer) const {
    const std::uint64_t channels = work_.batch * work_.dims.d_inner;
    return states_ + layer * channels * (work_.dims.d_conv + work_.dims.d_state);
}

std::uint64_t AddressMap::ssm_state(std::uint32_t layer) const {
    return conv_state(layer) + work_.batch * work_.dims.d_inner * work_.dims.d_conv;
}

std::uint64_t AddressMap::stream(Stream stream, std::uint64_t row) const {
    return streams_[static_cast<std::size_t>(stream)] + row * bytes_per_row(work_.dims, stream);
}

}  // namespace mambasic::sim
