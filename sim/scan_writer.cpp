// The tasks of the scan. Its states share the state store by groups of sequences or channels: all
// groups of a tile, then the next tile; or, where a prefill's states are to stay on chip and there
// is room for a group of channels only, all tiles of a group, then the next group.
#include "sim/layer_writer.h"

namespace mambasic::sim {

void LayerWriter::write_scan(const Walk& walk) {
    const std::vector<Tile>& tiles = activations_.tiles();
    for (std::size_t t = walk.first_tile; t < walk.end_tile;) {
        std::size_t end = t + 1;
        if (plan_.state.carried) {
            while (end < walk.end_tile && tiles[end].sequence == tiles[t].sequence) ++end;
        }
        write_scan_tiles(walk, t, end);
        t = end;
    }
}

void LayerWriter::write_scan_tiles(const Walk& walk, std::size_t first, std::size_t end) {
    const std::vector<StateGroup> groups = states_.groups(activations_.tiles()[first]);
    const bool several = groups.size() > 1 && end > first + 1;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const bool last_group = g + 1 == groups.size();
        for (std::size_t t = first; t < end; ++t) {
            const bool stays = plan_.state.carried && (groups.size() == 1 || t + 1 < end);
            write_scan_task(walk, t, groups[g], several);
            states_.ssm_done(activations_.tiles()[t], groups[g], stays);
            if (last_group) {
                finish_inputs(walk, t);
                finish_outputs(walk, t);
            } else if (several) {
                wait_for_next_group(walk, t);
            }
            if (last_group || several) {
                weights_.used(weights_.range(Op::Scan).first);
                activations_.end_task();
            }
        }
    }
}

void LayerWriter::write_scan_task(const Walk& walk, std::size_t tile, const StateGroup& group,
                                  bool several) {
    const Tile& t = activations_.tiles()[tile];
    const Region part{group.sequence, group.sequences, t.token,
                      t.tokens,       group.channel,   group.channels};
    std::vector<BufferId> reads = fetch_weights(Op::Scan);
    for (const BufferId b : read_inputs(walk, tile)) reads.push_back(b);
    if (several && plan_.fusion == Fusion::None) {
        write_part(walk, part, reads, tile, {states_.ssm(t, group)});
        return;
    }
    const BufferId y = activations_.produce(tile, Stream::Y, when(walk, tile, Stream::Y));
    emitter_.compute(Op::Scan, part, reads, {y}, {states_.ssm(t, group)});
}

void LayerWriter::wait_for_next_group(const Walk& walk, std::size_t tile) {
    std::vector<Stream> streams = walk.spec->inputs;
    streams.push_back(Stream::Y);
    for (const Stream s : streams) {
        if (plan_.fusion == Fusion::None) {
            activations_.flush(tile, s);
        } else {
            activations_.next_use(tile, s, turn(walk.op_index, tile));
        }
    }
}

}  // namespace mambasic::sim
