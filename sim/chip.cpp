#include "sim/chip.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "models/common/error.h"
#include "models/conv/conv.h"
#include "models/dma/dma.h"
#include "models/embedding/embedding.h"
#include "models/gated_norm/gated_norm.h"
#include "models/gemm/gemm.h"
#include "models/hadamard/hadamard.h"
#include "models/rotation/rotation.h"
#include "models/ssm/ssm.h"
#include "sim/dram_meter.h"
#include "sim/dram_tap.h"

namespace mambasic::sim {

using models::BlockId;
using models::Task;
using models::Ticks;

namespace {

std::array<std::uint64_t, models::kMemoryCount> capacities(const Workload& work,
                                                           const ChipConfig& config) {
    const Capacities c = capacities_of(work, config);
    return {c.weight, c.activation, c.state, c.table};
}

models::Ssm::Bind ssm_binding(TileBinding& b, bool mamba2) {
    if (mamba2) return models::Ssm::BindSsd([&b](const Task& t) { return b.ssd(t); });
    return models::Ssm::BindScan([&b](const Task& t) { return b.scan(t); });
}

/// Shares of a whole number of cycles whose parts are whole, too.
BlockCycles in_cycles(const models::BlockTime& time, Ticks period) {
    BlockCycles c;
    Ticks ticks = time.busy();
    std::uint64_t before = ticks / period;
    c.busy = before;
    const auto next = [&](Ticks part) {
        ticks += part;
        const std::uint64_t until = ticks / period;
        return until - std::exchange(before, until);
    };
    c.stalled_input = next(time.stalled_input());
    c.stalled_output = next(time.stalled_output());
    c.idle = next(time.idle());
    return c;
}

}  // namespace

Ticks chip_period(const ChipConfig& config) {
    constexpr double kTicksPerNs = 1e6;  // 1 fs
    return static_cast<Ticks>(std::llround(kTicksPerNs / config.clock_ghz));
}

struct Chip::Blocks {
    models::Sram weight_sram;
    models::Sram activation_sram;
    models::ScaleTable scale_table;
    std::unique_ptr<models::Dram> dram;
    std::optional<DramMeter> meter;
    std::optional<DramTap> tap;
    models::Dma load;
    models::Dma store;
    models::WorkerPorts ports;
    models::Embedding embedding;
    models::Norm norm;
    models::Gemm gemm;
    models::Conv conv;
    models::Ssm ssm;
    models::GatedNorm gated_norm;
    models::Hadamard hadamard;
    models::Rotation rotation;

    Blocks(const ChipConfig& c, models::Dispatch& dispatch, TileBinding& b, bool numerics,
           bool mamba2)
        : weight_sram("weight_sram", c.weight_sram),
          activation_sram("activation_sram", c.activation_sram),
          scale_table("scale_table", c.scale_table),
          dram(models::make_dram("dram", c.dram, dispatch.period())),
          load("dma_load", models::Dma::Direction::Load, c.dma, dispatch, scratchpads()),
          store("dma_store", models::Dma::Direction::Store, c.dma, dispatch, scratchpads()),
          ports{dispatch, weight_sram, activation_sram,
                [&b](const Task& t) { return b.layout(t); }},
          embedding("embedding", c.embedding, ports, numerics,
                    [&b](const Task& t) { return b.embedding(t); }),
          norm("norm", c.norm, c.nonlinear, ports, numerics,
               [&b](const Task& t) { return b.norm(t); }),
          gemm("gemm", c.gemm, c.dequant_mux, scale_table, ports, numerics,
               [&b](const Task& t) { return b.gemm(t); }),
          conv("conv", c.conv, c.nonlinear, scale_table, ports, numerics,
               [&b](const Task& t) { return b.conv(t); }),
          ssm("ssm", {c.ssm, c.nonlinear, c.dequant_mux}, scale_table, ports, numerics,
              ssm_binding(b, mamba2)),
          gated_norm("gated_norm", c.gated_norm, c.nonlinear, ports, numerics,
                     [&b](const Task& t) { return b.gated_norm(t); }),
          hadamard("hadamard", c.hadamard, ports, numerics,
                   [&b](const Task& t) { return b.hadamard(t); }),
          rotation("rotation", c.rotation, ports, numerics,
                   [&b](const Task& t) { return b.rotation(t); }) {}

    // The state store and the scale table have ports of their own for the DMA.
    models::Dma::Scratchpads scratchpads() {
        models::Dma::Scratchpads pads{};
        pads[static_cast<std::size_t>(models::Memory::Weight)] = &weight_sram;
        pads[static_cast<std::size_t>(models::Memory::Activation)] = &activation_sram;
        return pads;
    }

    std::array<models::Worker*, 8> workers() {
        return {&embedding, &norm, &gemm, &conv, &ssm, &gated_norm, &hadamard, &rotation};
    }
};

Chip::Chip(const ChipConfig& config, Schedule& schedule, TileBinding& binding, bool numerics,
           Listener listener)
    : schedule_(schedule),
      binding_(binding),
      listener_(std::move(listener)),
      period_(chip_period(config)),
      ledger_(schedule.work().layers),
      occupancy_(capacities(schedule.work(), config)),
      dispatch_(
          period_,
          {[this](Ticks now) { return refill(now); }, [this](const Task& task) { started(task); },
           [this](const Task& task, models::Jobs::Job job) { jobs_->submit(task, std::move(job)); },
           [this](const Task& task, const models::Work& work, Ticks now) {
               retired(task, work, now);
           }}),
      blocks_(std::make_unique<Blocks>(config, dispatch_, binding, numerics,
                                       schedule.work().dims.mamba2())) {
    bind_dram(config.dram.organization.burst_bytes);
    if (!listener_.watchers.empty()) watch();
    if (numerics) jobs_.emplace(static_cast<std::size_t>(omp_get_max_threads()));
}

Chip::~Chip() = default;

void Chip::bind_dram(std::uint32_t burst_bytes) {
    models::DramInterface* memory = blocks_->dram.get();
    if (!listener_.watchers.empty()) {
        memory =
            &blocks_->meter.emplace(*memory, burst_bytes, [this](bool write, std::uint64_t bytes) {
                for (Watcher* w : listener_.watchers) {
                    w->moved(write, bytes, models::Dispatch::now());
                }
            });
    }
    if (listener_.burst) memory = &blocks_->tap.emplace(*memory, burst_bytes, listener_.burst);
    blocks_->load.dram(*memory);
    blocks_->store.dram(*memory);
}

void Chip::watch() {
    const auto listener = [this](BlockId block) {
        return [this, block](models::TimeKind kind, Ticks from, Ticks until) {
            for (Watcher* w : listener_.watchers) w->spent(block, kind, from, until);
        };
    };
    for (models::Worker* worker : blocks_->workers()) worker->watch(listener(worker->block()));
    blocks_->load.watch(listener(BlockId::DmaLoad));
    blocks_->store.watch(listener(BlockId::DmaStore));
}

void Chip::tell_started(const Task& task, const SegmentRecord& segment) {
    const Ticks now = models::Dispatch::now();
    for (Watcher* w : listener_.watchers) {
        w->started(task, {segment.layer, segment.step}, dispatch_.board().readiness(task));
        w->held(occupancy_, now);
    }
}

// What the memories hold first: the last task that a watcher follows still takes it along.
void Chip::tell_retired(const Task& task, const SegmentRecord& segment, const models::Work& work) {
    const Ticks now = models::Dispatch::now();
    for (Watcher* w : listener_.watchers) {
        w->held(occupancy_, now);
        w->retired(task, {segment.layer, segment.step}, work, now);
    }
}

bool Chip::refill(Ticks now) {
    models::Segment segment;
    if (!schedule_.next(segment)) return false;
    MAMBASIC_CHECK(!segment.tasks.empty(), "an empty segment");
    OpenSegment open;
    open.record.index = segment.index;
    open.record.layer = segment.layer;
    open.record.step = segment.step;
    open.left = segment.tasks.size();
    open_.push_back(open);
    binding_.begin_segment(segment.index, {segment.layer, segment.step});
    occupancy_.add(segment);
    for (Task& task : segment.tasks) dispatch_.board().add(std::move(task), now);
    return true;
}

void Chip::started(const Task& task) {
    SegmentRecord& segment = open_[task.segment - first_open_].record;
    occupancy_.started(task);
    tell_started(task, segment);
    if (task.block == BlockId::DmaLoad || task.block == BlockId::DmaStore) {
        if (jobs_) jobs_->submit(task, {});
        return;
    }
    OpSpan& span = segment.ops[static_cast<std::size_t>(task.op)];
    span.first_start = std::min(span.first_start, models::Dispatch::now());
}

void Chip::retired(const Task& task, const models::Work& work, Ticks now) {
    OpenSegment& open = open_[task.segment - first_open_];
    occupancy_.retired(task);
    ledger_.record(task, open.record.layer, work);
    tell_retired(task, open.record, work);
    if (task.block != BlockId::DmaLoad && task.block != BlockId::DmaStore) {
        open.record.ops[static_cast<std::size_t>(task.op)].last_end = now;
    }
    last_retired_ = now;
    if (listener_.task_done) listener_.task_done(task);
    --open.left;
    close_segments();
}

void Chip::finish_jobs(const SegmentRecord& record) {
    const models::Jobs::SegmentCounts counts = jobs_->wait(record.index);
    for (std::size_t op = 0; op < models::kOpCount; ++op) {
        ledger_.record_data(record.layer, static_cast<models::Op>(op), counts[op]);
    }
}

void Chip::close_segments() {
    while (!open_.empty() && open_.front().left == 0) {
        SegmentRecord& record = open_.front().record;
        record.end = last_retired_;
        if (jobs_) finish_jobs(record);
        if (listener_.segment_done) listener_.segment_done(record);
        binding_.segment_done(record.index);
        open_.pop_front();
        ++first_open_;
    }
}

void Chip::check_finished() const {
    const models::Scoreboard& board = const_cast<Chip*>(this)->dispatch_.board();
    if (board.retired() == board.added()) return;
    std::string names;
    for (const BlockId b : board.blocked()) names += std::string(" ") + models::name_of(b);
    throw models::InternalError(std::to_string(board.added() - board.retired()) +
                                " tasks never finished; blocked:" + names);
}

ChipResult Chip::run() {
    sc_core::sc_start();
    dispatch_.rethrow();
    check_finished();
    occupancy_.check_empty();
    models::ByteCounts dram;
    for (const models::ByteCounts& kind : ledger_.all().dram) {
        dram.read += kind.read;
        dram.written += kind.written;
    }
    occupancy_.check_moved(dram);
    // The last writes may still be on their way from the controller into the banks.
    const Ticks settled = models::ceil_div(blocks_->dram->settled(), period_) * period_;
    return collect(std::max(last_retired_, settled));
}

// The DRAM moved the bursts that the ledger has, and had the time for them.
void Chip::check_dram(ChipResult& result, Ticks end) const {
    const models::LedgerRow all = ledger_.all();
    for (const models::ByteCounts& kind : all.dram) result.dram_bytes += kind.read + kind.written;
    MAMBASIC_CHECK(all.counts[models::Event::DramReadBursts] == result.dram.read_bursts &&
                       all.counts[models::Event::DramWriteBursts] == result.dram.written_bursts,
                   "the DRAM and the DMA moved different bursts");
    MAMBASIC_CHECK(result.dram.busy_ticks + result.dram.refresh_ticks <= end + period_,
                   "the DRAM had more to do than time");
}

ChipResult Chip::collect(Ticks end) {
    ChipResult result;
    result.cycles = end / period_;
    const auto take = [&](BlockId block, const models::BlockTime& time) {
        BlockCycles& c = result.blocks[static_cast<std::size_t>(block)];
        c = in_cycles(time, period_);
        MAMBASIC_CHECK(c.busy + c.stalled_input + c.stalled_output + c.idle == result.cycles,
                       std::string(models::name_of(block)) + ": cycles do not add up");
    };
    for (models::Worker* w : blocks_->workers()) take(w->block(), w->finish(end));
    take(BlockId::DmaLoad, blocks_->load.finish(end));
    take(BlockId::DmaStore, blocks_->store.finish(end));
    for (Watcher* w : listener_.watchers) w->ended(end);
    result.dram = blocks_->dram->activity(end);
    check_dram(result, end);
    for (std::size_t m = 0; m < models::kMemoryCount; ++m) {
        result.peak_bytes[m] = occupancy_.peak_bytes(static_cast<models::Memory>(m));
    }
    return result;
}

}  // namespace mambasic::sim
