#include "sim/address_map.h"

#include <algorithm>

#include "models/common/units.h"

namespace mambasic::sim {

using models::Op;

AddressMap::AddressMap(const Workload& work)
    : work_(work), layer_ops_(weighted_ops(layer_ops(work.dims))) {
    const traces::Dims& dims = work.dims;
    for (const Op op : layer_ops_) layer_weights_ += weight_bytes(work, op);
    const std::uint64_t rows = work.batch * work.tokens_per_step();
    std::uint64_t at = layer_weights_ * work.layers;
    const auto take = [&at](std::uint64_t bytes) {
        const std::uint64_t start = at;
        at += bytes;
        return start;
    };
    head_ =
        take(work.has_head ? weight_bytes(work, Op::NormF) + weight_bytes(work, Op::LmHead) : 0);
    embedding_ = take(work.embeds ? weight_bytes(work, Op::Embedding) : 0);
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        tables_.push_back(take(work.scales(layer).table_bytes));
    }
    const std::uint64_t ssm_states = work.batch * dims.d_inner * dims.d_state;
    states_ = take((work.batch * conv_state_bytes(dims) + ssm_states) * work.layers);
    carry_ = take(ssm_states * sizeof(float));
    for (std::size_t s = 0; s < kStreamCount; ++s) {
        std::uint64_t widest = 0;
        for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
            widest = std::max(widest, bytes_per_row(work, static_cast<Stream>(s), layer));
        }
        streams_[s] = take(rows * widest);
    }
    head_norm_ = take(work.batch * dims.d_model);
    logits_ = take(work.batch * dims.vocab * 2);
    rotation_ = take(work.rotates_by_matrix() ? weight_bytes(work, Op::Rotate) : 0);
    end_ = at;
}

std::uint64_t AddressMap::weights(std::int32_t layer, Op op) const {
    if (op == Op::NormF) return head_;
    if (op == Op::Rotate || op == Op::Unrotate) return rotation_;
    if (op == Op::LmHead) return head_ + weight_bytes(work_, Op::NormF);
    std::uint64_t at = layer_weights_ * static_cast<std::uint64_t>(layer);
    for (const Op before : layer_ops_) {
        if (before == op) break;
        at += weight_bytes(work_, before);
    }
    return at;
}

std::uint64_t AddressMap::table(std::uint32_t layer) const { return tables_.at(layer); }

std::uint64_t AddressMap::conv_state(std::uint32_t layer) const {
    const std::uint64_t ssm = std::uint64_t{work_.dims.d_inner} * work_.dims.d_state;
    return states_ + layer * work_.batch * (conv_state_bytes(work_.dims) + ssm);
}

std::uint64_t AddressMap::ssm_state(std::uint32_t layer) const {
    return conv_state(layer) + work_.batch * conv_state_bytes(work_.dims);
}

std::uint64_t AddressMap::stream(Stream stream, std::uint64_t row, std::uint32_t layer) const {
    return streams_[static_cast<std::size_t>(stream)] + row * bytes_per_row(work_, stream, layer);
}

}  // namespace mambasic::sim
