// Where things lie in DRAM: one region after another, in a fixed order. A bank-level DRAM model
// needs these addresses; latency and bandwidth alone do not.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/layer_ops.h"

namespace mambasic::sim {

class AddressMap {
public:
    explicit AddressMap(const Workload& work);

    /// `layer` -1: the head. Weights of an op lie at an offset inside their layer, but for the one
    /// matrix that rotates all layers' x, and back.
    std::uint64_t weights(std::int32_t layer, models::Op op) const;
    std::uint64_t table(std::uint32_t layer) const;
    std::uint64_t conv_state(std::uint32_t layer) const;
    std::uint64_t ssm_state(std::uint32_t layer) const;
    /// FP32 states of a prefill that spills them.
    std::uint64_t carry() const { return carry_; }
    /// Of a layer of the run; those that pass between layers lie at the same place in all.
    std::uint64_t stream(Stream stream, std::uint64_t row, std::uint32_t layer) const;
    std::uint64_t embedding() const { return embedding_; }
    std::uint64_t head_norm() const { return head_norm_; }
    std::uint64_t logits() const { return logits_; }
    std::uint64_t end() const { return end_; }

private:
    Workload work_;
    std::vector<models::Op> layer_ops_;  // that have weights
    std::uint64_t layer_weights_ = 0;    // bytes of one layer
    std::uint64_t rotation_ = 0;         // the matrix that all layers share
    std::uint64_t head_ = 0;
    std::uint64_t embedding_ = 0;
    std::vector<std::uint64_t> tables_;  // by layer
    std::uint64_t states_ = 0;
    std::uint64_t carry_ = 0;
    std::array<std::uint64_t, kStreamCount> streams_{};
    std::uint64_t head_norm_ = 0;
    std::uint64_t logits_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace mambasic::sim
