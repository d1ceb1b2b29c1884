#include "sim/activation_store.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::sim {

using models::kNone;

std::vector<Tile> cut_tiles(const Workload& work, std::uint64_t tile_tokens) {
    std::vector<Tile> tiles;
    if (work.decode()) {
        tiles.push_back({0, work.batch, 0, 1, true, true, 0});
        return tiles;
    }
    for (std::uint64_t s = 0; s < work.batch; ++s) {
        for (std::uint64_t t = 0; t < work.tokens; t += tile_tokens) {
            const std::uint64_t n = std::min(tile_tokens, work.tokens - t);
            tiles.push_back({s, 1, t, n, t == 0, t + n == work.tokens, s * work.tokens + t});
        }
    }
    return tiles;
}

ActivationStore::ActivationStore(Emitter& emitter, const AddressMap& addresses, Workload work,
                                 std::vector<Tile> tiles)
    : emitter_(emitter), addresses_(addresses), work_(std::move(work)), tiles_(std::move(tiles)) {
    entries_.resize(tiles_.size());
}

std::uint64_t ActivationStore::bytes(std::size_t tile, Stream stream) const {
    return tiles_[tile].rows() * bytes_per_row(work_, stream, layer_);
}

std::uint64_t ActivationStore::address(std::size_t tile, Stream stream) const {
    Stream region = stream;
    if (odd_layer_) {
        if (stream == Stream::Hidden) region = Stream::HiddenOut;
        if (stream == Stream::HiddenOut) region = Stream::Hidden;
        if (stream == Stream::Residual) region = Stream::ResidualOut;
        if (stream == Stream::ResidualOut) region = Stream::Residual;
    }
    return addresses_.stream(region, tiles_[tile].row, layer_);
}

BufferId ActivationStore::produce(std::size_t tile, Stream stream, std::uint64_t next_use) {
    Entry& e = entry(tile, stream);
    if (e.buffer == kNone) {
        if (!e.place.writers.empty()) {  // partly written, then spilled
            use(tile, stream);
        } else {
            e.bytes = bytes(tile, stream);
            make_room(e.bytes);
            e.buffer = emitter_.allocate(Memory::Activation, e.bytes);
            set_place(tile, stream);
        }
    }
    e.dirty = true;
    e.next_use = next_use;
    pinned_.push_back(e.buffer);
    return e.buffer;
}

BufferId ActivationStore::use(std::size_t tile, Stream stream) {
    Entry& e = entry(tile, stream);
    if (e.buffer == kNone) {
        make_room(e.bytes);
        e.buffer = emitter_.load(op_, Memory::Activation, e.bytes, e.place);
        e.dirty = false;
    }
    pinned_.push_back(e.buffer);
    return e.buffer;
}

void ActivationStore::next_use(std::size_t tile, Stream stream, std::uint64_t when) {
    entry(tile, stream).next_use = when;
}

void ActivationStore::drop(std::size_t tile, Stream stream) {
    Entry& e = entry(tile, stream);
    if (e.buffer != kNone) emitter_.release(e.buffer);
    e = {};
}

void ActivationStore::evict(Entry& e) {
    if (e.dirty) {
        e.place.writers = {emitter_.store(op_, e.buffer, e.bytes, e.place.kind, e.place.address)};
        e.dirty = false;
    }
    emitter_.release(e.buffer);
    e.buffer = kNone;
}

void ActivationStore::flush(std::size_t tile, Stream stream) {
    Entry& e = entry(tile, stream);
    if (e.buffer != kNone) evict(e);
}

void ActivationStore::stored_part(std::size_t tile, Stream stream, BufferId part) {
    Entry& e = entry(tile, stream);
    e.bytes = bytes(tile, stream);
    set_place(tile, stream);
    e.place.writers.push_back(
        emitter_.store(op_, part, emitter_.bytes(part), e.place.kind, e.place.address));
}

void ActivationStore::set_in_dram(std::size_t tile, Stream stream) {
    Entry& e = entry(tile, stream);
    e = {};
    e.bytes = bytes(tile, stream);
    set_place(tile, stream);
}

void ActivationStore::set_place(std::size_t tile, Stream stream) {
    const bool conv = is_x(stream) || (stream == Stream::BC && work_.dims.mamba2());
    DramPlace& place = entry(tile, stream).place;
    place.address = address(tile, stream);
    place.kind = conv ? TrafficKind::ConvOutput : TrafficKind::Activations;
}

bool ActivationStore::resident(std::size_t tile, Stream stream) const {
    return entry(tile, stream).buffer != kNone;
}

const DramPlace& ActivationStore::place(std::size_t tile, Stream stream) const {
    return entry(tile, stream).place;
}

bool ActivationStore::evict_furthest() {
    Entry* victim = nullptr;
    for (auto& tile : entries_) {
        for (Entry& e : tile) {
            if (e.buffer == kNone) continue;
            if (std::find(pinned_.begin(), pinned_.end(), e.buffer) != pinned_.end()) continue;
            if (victim == nullptr || e.next_use > victim->next_use) victim = &e;
        }
    }
    if (victim == nullptr) return false;
    evict(*victim);
    return true;
}

void ActivationStore::make_room(std::uint64_t bytes) {
    while (emitter_.free_bytes(Memory::Activation) < bytes) {
        MAMBASIC_CHECK(evict_furthest(), "activation_sram cannot hold one task of " +
                                             std::string(models::name_of(op_)));
    }
}

void ActivationStore::settle(std::uint64_t limit) {
    while (emitter_.used_bytes(Memory::Activation) > limit && evict_furthest()) {
    }
}

void ActivationStore::next_layer() {
    for (auto& tile : entries_) {
        const auto move = [&tile](Stream from, Stream to) {
            tile[static_cast<std::size_t>(to)] =
                std::exchange(tile[static_cast<std::size_t>(from)], Entry{});
        };
        move(Stream::HiddenOut, Stream::Hidden);
        move(Stream::ResidualOut, Stream::Residual);
    }
    odd_layer_ = !odd_layer_;
}

}  // namespace mambasic::sim
