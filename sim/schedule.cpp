#include "sim/schedule.h"

namespace mambasic::sim {

using models::Segment;

Schedule::Schedule(const Workload& work, const ChipConfig& chip)
    : work_(work),
      addresses_(work),
      tiles_(cut_tiles(work, chip.schedule.tile_tokens)),
      plan_(plan_layer(work, chip, tiles_)),
      emitter_(capacities_of(work, chip)),
      activations_(emitter_, addresses_, work, tiles_),
      weights_(emitter_, work, addresses_, pass_widths(chip)),
      tables_(emitter_, addresses_, work),
      states_(emitter_, activations_, addresses_, work, plan_.state),
      layer_writer_({emitter_, activations_, weights_, tables_, states_}, work, plan_) {}

bool Schedule::next(Segment& segment) {
    if (step_ == work_.steps()) return false;
    if (!began_) begin_step();
    if (work_.embeds && !embedded_) {
        emitter_.begin_segment(Segment::kEmbedding, step_);
        write_embedding();
        embedded_ = true;
    } else if (layer_ < work_.layers) {
        emitter_.begin_segment(static_cast<std::int32_t>(layer_), step_);
        layer_writer_.write(layer_, step_, layer_ + 1 == work_.layers);
        ++layer_;
        if (layer_ == work_.layers && !work_.has_head) end_step();
    } else {
        emitter_.begin_segment(Segment::kHead, step_);
        write_head();
        end_step();
    }
    segment = emitter_.take_segment();
    return true;
}

void Schedule::begin_step() {
    began_ = true;
    embedded_ = false;
    layer_ = 0;
    if (work_.embeds) return;
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
        activations_.set_in_dram(t, Stream::Hidden);
        if (work_.residual_input) activations_.set_in_dram(t, Stream::Residual);
    }
}

void Schedule::end_step() {
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
        activations_.drop(t, Stream::Hidden);
        activations_.drop(t, Stream::Residual);
    }
    began_ = false;
    ++step_;
}

void Schedule::write_embedding() {
    activations_.begin_op(Op::Embedding);
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
        const Tile& tile = tiles_[t];
        const std::uint64_t row = embedding_row_bytes(work_);
        activations_.make_room(tile.rows() * row);
        const BufferId rows =
            emitter_.load(Op::Embedding, Memory::Activation, tile.rows() * row,
                          {TrafficKind::Weights, addresses_.embedding(), logits_});
        const BufferId hidden = activations_.produce(t, Stream::Hidden, t);
        emitter_.compute(
            Op::Embedding,
            {tile.sequence, tile.sequences, tile.token, tile.tokens, 0, work_.dims.d_model}, {rows},
            {hidden});
        emitter_.release(rows);
        if (plan_.fusion == Fusion::None) activations_.flush(t, Stream::Hidden);
        activations_.end_task();
        activations_.settle(plan_.settle_limit);
    }
}

std::vector<BufferId> Schedule::head_rows() {
    std::vector<BufferId> rows;
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
        if (!tiles_[t].last) continue;
        for (const Stream s : {Stream::Hidden, Stream::Residual}) {
            if (activations_.resident(t, s)) {
                rows.push_back(activations_.use(t, s));
                continue;
            }
            const std::uint64_t bytes =
                tiles_[t].sequences * bytes_per_row(work_, s, work_.layers - 1);
            activations_.make_room(bytes);
            rows.push_back(
                emitter_.load(Op::NormF, Memory::Activation, bytes, activations_.place(t, s)));
        }
    }
    return rows;
}

void Schedule::write_head() {
    weights_.begin_layer(-1, {Op::NormF, Op::LmHead});
    write_logits(write_final_norm());
}

BufferId Schedule::write_final_norm() {
    activations_.begin_op(Op::NormF);
    const std::uint64_t capacity = emitter_.capacity(Memory::Activation);
    activations_.settle(capacity - head_norm_bytes(work_));
    const std::size_t norm = weights_.range(Op::NormF).first;
    std::vector<BufferId> reads = {weights_.fetch(norm)};
    const std::vector<BufferId> rows = head_rows();
    reads.insert(reads.end(), rows.begin(), rows.end());
    const std::uint64_t d = work_.dims.d_model;
    const std::uint64_t token = work_.tokens_per_step() - 1;
    activations_.make_room(work_.batch * d);
    const BufferId x = emitter_.allocate(Memory::Activation, work_.batch * d);
    emitter_.compute(Op::NormF, {0, work_.batch, token, 1, 0, d}, reads, {x});
    activations_.end_task();
    weights_.used(norm);
    for (std::size_t i = 0, t = 0; t < tiles_.size(); ++t) {
        if (!tiles_[t].last) continue;
        for (const Stream s : {Stream::Hidden, Stream::Residual}) {
            if (!activations_.resident(t, s)) emitter_.release(rows[i]);
            activations_.drop(t, s);
            ++i;
        }
    }
    return x;
}

void Schedule::write_logits(BufferId x) {
    activations_.begin_op(Op::LmHead);
    const std::uint64_t d = work_.dims.d_model;
    const std::uint64_t token = work_.tokens_per_step() - 1;
    if (plan_.fusion == Fusion::None) {
        const TaskId store = emitter_.store(Op::NormF, x, work_.batch * d, TrafficKind::Activations,
                                            addresses_.head_norm());
        emitter_.release(x);
        x = emitter_.load(Op::LmHead, Memory::Activation, work_.batch * d,
                          {TrafficKind::Activations, addresses_.head_norm(), {store}});
    }
    logits_.clear();
    const PanelRange panels = weights_.range(Op::LmHead);
    for (std::size_t p = panels.first; p < panels.first + panels.count; ++p) {
        const Panel& panel = weights_.panel(p);
        const BufferId w = weights_.fetch(p);
        const std::uint64_t bytes = work_.batch * panel.channels * 2;
        const BufferId out = emitter_.allocate(Memory::Activation, bytes);
        emitter_.compute(Op::LmHead, {0, work_.batch, token, 1, panel.channel, panel.channels},
                         {w, x}, {out});
        logits_ = {emitter_.store(Op::LmHead, out, bytes, TrafficKind::Activations,
                                  addresses_.logits() + panel.channel * 2)};
        emitter_.release(out);
        weights_.used(p);
    }
    emitter_.release(x);
}

}  // namespace mambasic::sim
