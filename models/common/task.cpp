#include "models/common/task.h"

#include <array>

namespace mambasic::models {

const char* name_of(BlockId block) {
    static constexpr std::array<const char*, kBlockCount> kNames = {
        "dma_load", "dma_store", "embedding",  "norm",     "gemm",
        "conv",     "ssm",       "gated_norm", "hadamard", "rotation"};
    return kNames[static_cast<std::size_t>(block)];
}

const char* name_of(Op op) {
    static constexpr std::array<const char*, kOpCount> kNames = {
        "embedding", "norm", "in_proj",    "conv1d", "rotate",   "unrotate", "x_proj",
        "dt_proj",   "scan", "gated_norm", "had",    "out_proj", "norm_f",   "lm_head"};
    return kNames[static_cast<std::size_t>(op)];
}

const char* name_of(Memory memory) {
    static constexpr std::array<const char*, kMemoryCount> kNames = {
        "weight_sram", "activation_sram", "state_store", "scale_table"};
    return kNames[static_cast<std::size_t>(memory)];
}

BlockId block_of(Op op) {
    switch (op) {
        case Op::Embedding:
            return BlockId::Embedding;
        case Op::Norm:
        case Op::NormF:
            return BlockId::Norm;
        case Op::Conv1d:
            return BlockId::Conv;
        case Op::Scan:
            return BlockId::Ssm;
        case Op::GatedNorm:
            return BlockId::GatedNorm;
        case Op::Had:
            return BlockId::Hadamard;
        case Op::Rotate:
        case Op::Unrotate:
            return BlockId::Rotation;
        default:
            return BlockId::Gemm;
    }
}

}  // namespace mambasic::models
