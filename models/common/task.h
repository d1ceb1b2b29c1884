// A task: one tile on one block, or one DMA transfer, with everything that must have happened
// before it. The schedule writes tasks, the blocks execute them; a task holds shapes, never data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mambasic::models {

using TaskId = std::uint64_t;
using BufferId = std::uint64_t;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

/// What executes tasks, each in the order the schedule gives them.
enum class BlockId : std::uint8_t {
    DmaLoad,
    DmaStore,
    Embedding,
    Norm,
    Gemm,
    Conv,
    Ssm,
    GatedNorm,
    Hadamard,
    Rotation,
    kCount,
};
constexpr std::size_t kBlockCount = static_cast<std::size_t>(BlockId::kCount);
const char* name_of(BlockId block);  // "dma_load", "gemm", ...

/// The ops of the network. A DMA task carries the op that it feeds or empties.
enum class Op : std::uint8_t {
    Embedding,
    Norm,
    InProj,
    Conv1d,
    Rotate,    // x in front of its code
    Unrotate,  // and back behind it
    XProj,
    DtProj,
    Scan,
    GatedNorm,
    Had,
    OutProj,
    NormF,
    LmHead,
    kCount,
};
constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::kCount);
const char* name_of(Op op);  // "in_proj", ...
BlockId block_of(Op op);

/// On-chip memories that buffers live in.
enum class Memory : std::uint8_t { Weight, Activation, State, Table, kCount };
constexpr std::size_t kMemoryCount = static_cast<std::size_t>(Memory::kCount);
const char* name_of(Memory memory);  // "weight_sram", ..., "scale_table"

enum class TrafficKind : std::uint8_t {
    Weights,
    Activations,
    ConvOutput,  // activations too: what a code of the SSM input is about
    Tables,
    State,
    kCount,
};
constexpr std::size_t kTrafficKindCount = static_cast<std::size_t>(TrafficKind::kCount);

/// The part of an op's output that a task makes: rows (sequence, token) by channels.
struct Region {
    std::uint64_t sequence = 0;
    std::uint64_t sequences = 0;
    std::uint64_t token = 0;
    std::uint64_t tokens = 0;  // of each sequence
    std::uint64_t channel = 0;
    std::uint64_t channels = 0;
    std::uint64_t rows() const { return sequences * tokens; }
};

struct Transfer {
    TrafficKind kind = TrafficKind::Weights;
    Memory memory = Memory::Weight;  // the on-chip end
    std::uint64_t bytes = 0;
    std::uint64_t address = 0;
};

struct BufferUse {
    BufferId buffer = kNone;
    bool writes = false;
};

struct Task {
    TaskId id = kNone;
    BlockId block = BlockId::DmaLoad;
    Op op = Op::Embedding;
    std::uint32_t segment = 0;
    Region region;
    Transfer transfer;          // DMA only
    std::vector<TaskId> data;   // makes an operand of this one
    std::vector<TaskId> space;  // the last to use the space that this one writes to
    std::vector<BufferUse> buffers;
};

/// A piece of an on-chip memory, from its first writer's start to its last user's end.
struct Buffer {
    BufferId id = kNone;
    Memory memory = Memory::Weight;
    std::uint64_t bytes = 0;
    bool loaded = false;  // filled by DMA
};

/// A run of tasks that ends where a layer (or one of the model's ends) ends.
struct Segment {
    std::uint32_t index = 0;
    std::int32_t layer = 0;  // kEmbedding, kHead, or 0 .. layers-1 of the run
    std::uint32_t step = 0;
    std::vector<Buffer> buffers;     // new ones
    std::vector<Task> tasks;         // in program order
    std::vector<BufferId> released;  // no later segment uses these
    static constexpr std::int32_t kEmbedding = -1;
    static constexpr std::int32_t kHead = -2;
};

}  // namespace mambasic::models
