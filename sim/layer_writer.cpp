#include "sim/layer_writer.h"

#include <algorithm>
#include <utility>

namespace mambasic::sim {

using models::kNone;

LayerWriter::LayerWriter(const LayerStores& stores, Workload work, LayerPlan plan)
    : emitter_(stores.emitter),
      activations_(stores.activations),
      weights_(stores.weights),
      tables_(stores.tables),
      states_(stores.states),
      work_(std::move(work)),
      plan_(plan) {}

void LayerWriter::write(std::uint32_t layer, std::uint32_t step, bool last) {
    last_ = last;
    ops_ = layer_ops(work_.dims, work_.x_use(layer));
    first_back_ = first_back_op(ops_);
    activations_.begin_layer(layer);
    const std::vector<Op> with_weights = weighted_ops(ops_);
    weights_.begin_layer(static_cast<std::int32_t>(layer), with_weights);
    if (plan_.fusion == Fusion::Layer) weights_.pin(with_weights);
    tables_.begin_layer(layer, step);
    states_.begin_layer(layer, step);

    const std::size_t groups = models::ceil_div(activations_.tiles().size(), plan_.group_tiles);
    // The norm runs a group ahead of the projections, so that its rows are there (or reloaded) when
    // the array is; scan, Hadamard and out_proj run a group behind them.
    constexpr std::size_t kAfterNorm = 1;
    write_ops(0, 0, kAfterNorm);
    for (std::size_t g = 0; g < groups; ++g) {
        if (g + 1 < groups) write_ops(g + 1, 0, kAfterNorm);
        write_ops(g, kAfterNorm, first_back_);
        if (g > 0) write_ops(g - 1, first_back_, ops_.size());
    }
    write_ops(groups - 1, first_back_, ops_.size());
    activations_.next_layer();
}

void LayerWriter::write_ops(std::size_t group, std::size_t first_op, std::size_t end_op) {
    const std::size_t tiles = activations_.tiles().size();
    const std::size_t first = group * plan_.group_tiles;
    const std::size_t end = std::min<std::size_t>(tiles, first + plan_.group_tiles);
    for (std::size_t o = first_op; o < end_op; ++o) {
        const Op op = ops_[o].op;
        activations_.begin_op(op);
        if (plan_.fusion == Fusion::None) weights_.pin({op});
        write_op({&ops_[o], o, first, end});
        if (end == tiles) {
            weights_.release(op);
            tables_.release(op);
        }
    }
    if (end_op == ops_.size()) activations_.settle(plan_.settle_limit);
}

void LayerWriter::write_op(const Walk& walk) {
    const Op op = walk.spec->op;
    if (has_panels(*walk.spec)) {
        write_linear(walk);
        return;
    }
    if (op == Op::Scan) {
        write_scan(walk);
        return;
    }
    for (std::size_t t = walk.first_tile; t < walk.end_tile; ++t) {
        write_pointwise(walk, t);
        finish_inputs(walk, t);
        finish_outputs(walk, t);
        activations_.end_task();
    }
}

Region LayerWriter::region(std::size_t tile, std::uint64_t channel, std::uint64_t channels) const {
    const Tile& t = activations_.tiles()[tile];
    return {t.sequence, t.sequences, t.token, t.tokens, channel, channels};
}

std::uint64_t LayerWriter::turn(std::uint64_t op, std::size_t tile) const {
    // Group, op, tile: the order in which write() walks, the norm a group ahead, the back ops a
    // group behind.
    const std::uint64_t turn =
        tile / plan_.group_tiles + (op > 0 ? 1 : 0) + (op >= first_back_ ? 1 : 0);
    return (turn << 36) | (op << 32) | tile;
}

std::uint64_t LayerWriter::next_reader(const Walk& walk, Stream stream) const {
    std::uint64_t op = walk.op_index + 1;
    while (op < ops_.size() && !ops_[op].reads(stream)) ++op;
    return op;
}

std::uint64_t LayerWriter::when(const Walk& walk, std::size_t tile, Stream stream) const {
    constexpr std::uint64_t kNextLayer = std::uint64_t{1} << 60;
    const std::uint64_t op = next_reader(walk, stream);
    return op < ops_.size() ? turn(op, tile) : kNextLayer | turn(0, tile);
}

std::vector<BufferId> LayerWriter::read_inputs(const Walk& walk, std::size_t tile) {
    std::vector<BufferId> buffers;
    for (const Stream s : walk.spec->inputs) {
        const bool there = s != Stream::Residual || activations_.known(tile, s);
        if (there) buffers.push_back(activations_.use(tile, s));
    }
    return buffers;
}

void LayerWriter::finish_inputs(const Walk& walk, std::size_t tile) {
    for (const Stream s : walk.spec->inputs) {
        if (next_reader(walk, s) == ops_.size()) {
            activations_.drop(tile, s);
        } else if (plan_.fusion == Fusion::None) {
            activations_.flush(tile, s);
        } else {
            activations_.next_use(tile, s, when(walk, tile, s));
        }
    }
}

void LayerWriter::finish_outputs(const Walk& walk, std::size_t tile) {
    for (const OpOutput& o : walk.spec->outputs) {
        const bool leaves = o.stream == Stream::HiddenOut || o.stream == Stream::ResidualOut;
        const bool model_ends = last_ && leaves;
        if (plan_.fusion == Fusion::None || (model_ends && !work_.has_head)) {
            activations_.flush(tile, o.stream);
        } else if (model_ends && !activations_.tiles()[tile].last) {
            activations_.drop(tile, o.stream);  // the head reads last tokens only
        }
    }
}

std::vector<BufferId> LayerWriter::fetch_weights(Op op) {
    const PanelRange panels = weights_.range(op);
    std::vector<BufferId> reads;
    for (std::size_t p = 0; p < panels.count; ++p)
        reads.push_back(weights_.fetch(panels.first + p));
    if (tables_.has(op)) reads.push_back(tables_.fetch(op));
    return reads;
}

void LayerWriter::write_pointwise(const Walk& walk, std::size_t tile) {
    const Op op = walk.spec->op;
    std::vector<BufferId> reads = fetch_weights(op);
    for (const BufferId b : read_inputs(walk, tile)) reads.push_back(b);
    std::vector<BufferId> updates;
    if (op == Op::Conv1d) updates.push_back(states_.conv(activations_.tiles()[tile]));
    std::vector<BufferId> writes;
    for (const OpOutput& o : walk.spec->outputs) {
        writes.push_back(activations_.produce(tile, o.stream, when(walk, tile, o.stream)));
    }
    const std::uint64_t channels = walk.spec->outputs.back().end;
    emitter_.compute(op, region(tile, 0, channels), reads, writes, updates);
    if (op == Op::Conv1d) states_.conv_done(activations_.tiles()[tile]);
    const PanelRange panels = weights_.range(op);
    for (std::size_t p = 0; p < panels.count; ++p) weights_.used(panels.first + p);
}

bool LayerWriter::panels_outside(const Walk& walk) const {
    const PanelRange panels = weights_.range(walk.spec->op);
    std::uint64_t streaming = 0;
    for (std::size_t p = panels.first; p < panels.first + panels.count; ++p) {
        if (!weights_.panel(p).pinned) streaming += weights_.panel(p).bytes;
    }
    const std::uint64_t tiles = walk.end_tile - walk.first_tile;
    if (streaming == 0 || tiles == 1) return false;
    if (plan_.fusion == Fusion::Layer) return true;  // the group's tiles are in the scratchpad
    std::uint64_t inputs = 0;
    for (std::size_t t = walk.first_tile; t < walk.end_tile; ++t) {
        inputs += activations_.bytes(t, walk.spec->inputs.front());
    }
    // Tiles outside fetch the weights once per tile; panels outside fetch the inputs once per
    // panel.
    return streaming * (tiles - 1) > inputs * (panels.count - 1);
}

void LayerWriter::write_linear(const Walk& walk) {
    const PanelRange panels = weights_.range(walk.spec->op);
    const std::size_t last_panel = panels.first + panels.count - 1;
    if (!panels_outside(walk)) {
        for (std::size_t t = walk.first_tile; t < walk.end_tile; ++t) {
            for (std::size_t p = panels.first; p <= last_panel; ++p) {
                write_product(walk, t, p);
                weights_.used(p);
            }
            finish_inputs(walk, t);
            finish_outputs(walk, t);
            activations_.end_task();
        }
        return;
    }
    const bool reload = plan_.fusion == Fusion::None && panels.count > 1;
    for (std::size_t p = panels.first; p <= last_panel; ++p) {
        for (std::size_t t = walk.first_tile; t < walk.end_tile; ++t) {
            write_product(walk, t, p);
            if (p == last_panel) {
                finish_inputs(walk, t);
                finish_outputs(walk, t);
            } else if (reload) {
                activations_.flush(t, walk.spec->inputs.front());
            }
            activations_.end_task();
        }
        weights_.used(p);
    }
}

void LayerWriter::write_product(const Walk& walk, std::size_t tile, std::size_t index) {
    const Panel& panel = weights_.panel(index);
    std::vector<BufferId> reads = {weights_.fetch(index)};
    reads.push_back(read_inputs(walk, tile).front());
    if (tables_.has(walk.spec->op)) reads.push_back(tables_.fetch(walk.spec->op));
    const Region part = region(tile, panel.channel, panel.channels);
    if (plan_.fusion == Fusion::None) {
        write_part(walk, part, reads, tile);
        return;
    }
    std::vector<BufferId> writes;
    for (const OpOutput& o : walk.spec->outputs) {
        if (o.begin >= part.channel + part.channels || o.end <= part.channel) continue;
        writes.push_back(activations_.produce(tile, o.stream, when(walk, tile, o.stream)));
    }
    emitter_.compute(walk.spec->op, part, reads, writes);
}

void LayerWriter::write_part(const Walk& walk, const Region& part,
                             const std::vector<BufferId>& reads, std::size_t tile,
                             const std::vector<BufferId>& updates) {
    struct Piece {
        Stream stream;
        BufferId buffer;
    };
    std::vector<Piece> pieces;
    std::vector<BufferId> writes;
    for (const OpOutput& o : walk.spec->outputs) {
        const std::uint64_t begin = std::max(o.begin, part.channel);
        const std::uint64_t end = std::min(o.end, part.channel + part.channels);
        if (begin >= end) continue;
        const std::uint64_t bytes =
            activations_.bytes(tile, o.stream) / (o.end - o.begin) * (end - begin);
        activations_.make_room(bytes);
        pieces.push_back({o.stream, emitter_.allocate(Memory::Activation, bytes)});
        writes.push_back(pieces.back().buffer);
    }
    emitter_.compute(walk.spec->op, part, reads, writes, updates);
    for (const Piece& p : pieces) {
        activations_.stored_part(tile, p.stream, p.buffer);
        emitter_.release(p.buffer);
    }
}

}  // namespace mambasic::sim
