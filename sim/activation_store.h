// The activations of all token tiles: which lie in the scratchpad, which in DRAM. What does not fit
// is spilled, furthest next use first (Belady's rule), and reloaded when its reader comes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/address_map.h"
#include "sim/emitter.h"

namespace mambasic::sim {

/// Tokens [token, token + tokens) of `sequences` sequences from `sequence` on.
struct Tile {
    std::uint64_t sequence = 0;
    std::uint64_t sequences = 0;
    std::uint64_t token = 0;
    std::uint64_t tokens = 0;
    bool first = false;     // of its sequence
    bool last = false;      // of its sequence
    std::uint64_t row = 0;  // of its first token, among all rows
    std::uint64_t rows() const { return sequences * tokens; }
};

/// A prefill is cut into (sequence, token range) tiles, so that a tile's rows are contiguous and a
/// sequence's state is alive only while the sequence is; a decode step is one tile of all
/// sequences.
std::vector<Tile> cut_tiles(const Workload& work, std::uint64_t tile_tokens);

class ActivationStore {
public:
    ActivationStore(Emitter& emitter, const AddressMap& addresses, Workload work,
                    std::vector<Tile> tiles);

    const std::vector<Tile>& tiles() const { return tiles_; }
    /// In the layer in work.
    std::uint64_t bytes(std::size_t tile, Stream stream) const;

    void begin_layer(std::uint32_t layer) { layer_ = layer; }
    /// The op that spills and reloads are charged to, until the next call.
    void begin_op(Op op) { op_ = op; }
    /// Nothing is held any more for the task that was just written.
    void end_task() { pinned_.clear(); }

    /// The buffer to write a tile into, new or partly written.
    BufferId produce(std::size_t tile, Stream stream, std::uint64_t next_use);
    /// The buffer to read, reloaded if it was spilled.
    BufferId use(std::size_t tile, Stream stream);
    /// After a read: when the next one comes.
    void next_use(std::size_t tile, Stream stream, std::uint64_t when);
    /// After the last read.
    void drop(std::size_t tile, Stream stream);
    /// To DRAM, and out of the scratchpad.
    void flush(std::size_t tile, Stream stream);
    /// Stores `part` of a tile that is never whole in the scratchpad.
    void stored_part(std::size_t tile, Stream stream, BufferId part);
    /// The tile lies in DRAM from the start.
    void set_in_dram(std::size_t tile, Stream stream);
    bool known(std::size_t tile, Stream stream) const { return entry(tile, stream).bytes > 0; }
    bool resident(std::size_t tile, Stream stream) const;
    const DramPlace& place(std::size_t tile, Stream stream) const;

    /// Spills until `bytes` are free; what the current task holds stays.
    void make_room(std::uint64_t bytes);
    /// Spills until at most `limit` bytes are in use, or nothing is left to spill.
    void settle(std::uint64_t limit);

    /// A layer's outputs become the next layer's inputs.
    void next_layer();

private:
    struct Entry {
        BufferId buffer = models::kNone;
        bool dirty = false;  // newer than its copy in DRAM
        DramPlace place;
        std::uint64_t next_use = 0;
        std::uint64_t bytes = 0;
    };
    Entry& entry(std::size_t tile, Stream stream) {
        return entries_[tile][static_cast<std::size_t>(stream)];
    }
    const Entry& entry(std::size_t tile, Stream stream) const {
        return entries_[tile][static_cast<std::size_t>(stream)];
    }
    std::uint64_t address(std::size_t tile, Stream stream) const;
    void set_place(std::size_t tile, Stream stream);
    void evict(Entry& entry);
    bool evict_furthest();

    Emitter& emitter_;
    const AddressMap& addresses_;
    Workload work_;
    std::vector<Tile> tiles_;
    Op op_ = Op::Embedding;
    std::uint32_t layer_ = 0;
    bool odd_layer_ = false;  // inputs and outputs of a layer swap their places in DRAM
    std::vector<std::array<Entry, kStreamCount>> entries_;
    std::vector<BufferId> pinned_;
};

}  // namespace mambasic::sim
