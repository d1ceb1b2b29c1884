#include "sim/result.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/common/error.h"
#include "models/dram/dram_cost.h"
#include "models/nonlinear/nonlinear_function.h"
#include "sim/block_rows.h"
#include "sim/packed_note.h"
#include "sim/plausibility.h"
#include "sim/roofline.h"
#include "sim/scale_tables.h"

namespace mambasic::sim {

using models::BlockId;
using models::Event;
using models::Op;

void Spans::add(const SegmentRecord& record) {
    layer_ticks_.resize(layers_);
    if (record.layer >= 0) {
        layer_ticks_[static_cast<std::size_t>(record.layer)] += record.end - last_end_;
    }
    last_end_ = record.end;
    for (std::size_t o = 0; o < models::kOpCount; ++o) {
        const OpSpan& span = record.ops[o];
        if (span.first_start != models::kNone) op_ticks_[o] += span.last_end - span.first_start;
    }
}

std::uint64_t Spans::layer_cycles(std::uint32_t layer) const {
    return layer < layer_ticks_.size() ? layer_ticks_[layer] / period_ : 0;
}

std::uint64_t Spans::op_cycles(Op op) const {
    return op_ticks_[static_cast<std::size_t>(op)] / period_;
}

namespace {

std::uint64_t sum_read(const models::LedgerRow& row) {
    std::uint64_t bytes = 0;
    for (const models::ByteCounts& kind : row.dram) bytes += kind.read;
    return bytes;
}

std::uint64_t sum_written(const models::LedgerRow& row) {
    std::uint64_t bytes = 0;
    for (const models::ByteCounts& kind : row.dram) bytes += kind.written;
    return bytes;
}

reports::Traffic traffic_of(const models::LedgerRow& row, models::TrafficKind kind) {
    const models::ByteCounts& bytes = row.dram[static_cast<std::size_t>(kind)];
    return {bytes.read, bytes.written};
}

// With what the convolution makes, which the ledger keeps apart.
reports::Traffic activations_of(const models::LedgerRow& row) {
    const reports::Traffic conv = traffic_of(row, models::TrafficKind::ConvOutput);
    const reports::Traffic other = traffic_of(row, models::TrafficKind::Activations);
    return {conv.read_bytes + other.read_bytes, conv.written_bytes + other.written_bytes};
}

void check_equal(double whole, double parts, const char* what) {
    const double scale = std::max(std::fabs(whole), 1.0);
    MAMBASIC_CHECK(std::fabs(whole - parts) <= 1e-9 * scale,
                   std::string("the energy of all ") + what + " is not the total");
}

std::vector<reports::OpRow> op_rows(const RunFacts& f, const EnergyModel& energy) {
    std::vector<reports::OpRow> rows;
    for (std::size_t o = 0; o < models::kOpCount; ++o) {
        const Op op = static_cast<Op>(o);
        const models::LedgerRow all = f.ledger.op(op);
        if (all.tasks == 0) continue;
        reports::OpRow row;
        row.name = models::name_of(op);
        row.block = models::name_of(models::block_of(op));
        row.cycles = f.spans.op_cycles(op);
        for (auto layer = models::Segment::kHead;
             layer < static_cast<std::int32_t>(f.ledger.layers()); ++layer) {
            const models::LedgerRow& compute = f.ledger.row(layer, op, models::block_of(op));
            row.tiles += compute.tasks;
            row.busy_cycles += compute.busy_cycles;
        }
        row.macs = all.counts[Event::Int8Mac] + all.counts[Event::Int4Mac];
        row.dram_read_bytes = sum_read(all);
        row.dram_written_bytes = sum_written(all);
        row.energy_pj = band(sum(energy.of_op(f.ledger, op)));
        row.operations = operations_of(all.counts);
        row.weights = traffic_of(all, models::TrafficKind::Weights);
        row.activations = activations_of(all);
        row.tables = traffic_of(all, models::TrafficKind::Tables);
        row.state = traffic_of(all, models::TrafficKind::State);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<reports::LayerRow> layer_rows(const RunFacts& f, const EnergyModel& energy) {
    std::vector<reports::LayerRow> rows;
    for (std::uint32_t l = 0; l < f.ledger.layers(); ++l) {
        models::LedgerRow all;
        for (std::size_t o = 0; o < models::kOpCount; ++o) {
            for (std::size_t b = 0; b < models::kBlockCount; ++b) {
                all.add(f.ledger.row(static_cast<std::int32_t>(l), static_cast<Op>(o),
                                     static_cast<BlockId>(b)));
            }
        }
        reports::LayerRow row;
        row.index = f.work.first_layer + l;
        row.scheme = f.work.scales(l).scheme;
        row.cycles = f.spans.layer_cycles(l);
        row.energy_pj = band(sum(energy.of_layer(f.ledger, static_cast<std::int32_t>(l))));
        row.dram_read_bytes = sum_read(all);
        row.dram_written_bytes = sum_written(all);
        rows.push_back(std::move(row));
    }
    return rows;
}

void fill_activity(const RunFacts& f, reports::DramSection& dram) {
    const models::DramActivity& activity = f.result.dram;
    const std::uint64_t burst = f.chip.dram.organization.burst_bytes;
    dram.moved = {activity.read_bursts * burst, activity.written_bursts * burst};
    dram.row_hits = activity.row_hits;
    dram.row_misses = activity.row_misses;
    dram.row_conflicts = activity.row_conflicts;
    dram.activates = activity.activates;
    dram.refresh_cycles = activity.refresh_ticks / chip_period(f.chip);
    dram.mean_read_latency_ns = activity.mean_read_latency_ns;
    dram.read_latencies = {activity.read_latencies.begin(), activity.read_latencies.end()};
    const models::StreamTiming timing = models::stream_timing(f.chip.dram, f.chip.clock_ghz);
    dram.bandwidth_utilization =
        static_cast<double>(dram.moved.read_bytes + dram.moved.written_bytes) /
        (timing.peak_bytes_per_cycle * static_cast<double>(f.result.cycles));
}

reports::DramSection dram_section(const RunFacts& f) {
    const models::LedgerRow all = f.ledger.all();
    reports::DramSection dram;
    dram.name = f.chip.dram.name;
    dram.weights = traffic_of(all, models::TrafficKind::Weights);
    dram.conv_to_ssm = traffic_of(all, models::TrafficKind::ConvOutput);
    dram.activations = activations_of(all);
    dram.tables = traffic_of(all, models::TrafficKind::Tables);
    dram.state = traffic_of(all, models::TrafficKind::State);
    fill_activity(f, dram);
    return dram;
}

// In the order of the run's layers, each kind once.
std::string lookup_kinds(const Workload& work) {
    std::vector<std::string> kinds;
    std::string text;
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        const models::LookupKind kind = work.scales(layer).groups.lookup;
        const std::string name =
            kind == models::LookupKind::Register ? "none" : models::name_of(kind);
        if (std::find(kinds.begin(), kinds.end(), name) != kinds.end()) continue;
        kinds.push_back(name);
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

reports::LookupSection lookup_section(const RunFacts& f, const EnergyModel& energy) {
    const models::LedgerRow all = f.ledger.all();
    reports::LookupSection lookup;
    lookup.kind = lookup_kinds(f.work);
    for (std::uint32_t layer = 0; layer < f.ledger.layers(); ++layer) {
        const models::TableBytes bytes = models::scale_table_bytes(
            f.chip.scale_table, table_shape(f.work.dims, f.work.scales(layer).groups));
        lookup.ranges_bytes += bytes.ranges;
        lookup.scales_bytes += bytes.scales;
        lookup.codes_bytes += bytes.codes;
        lookup.state_scales_bytes += bytes.state_scales;
    }
    lookup.lookups = all.counts[Event::ScaleLookup];
    lookup.cycles = all.table_cycles + all.hidden_table_cycles;
    lookup.exposed_cycles = all.exposed_table_cycles;
    lookup.energy_pj = band(energy.lookup_pj(all.counts));
    lookup.state_scales_energy_pj = band(energy.state_scales_pj(all.counts));
    models::Banded table = energy.area_mm2(Part::ScaleTable);
    const models::Banded logic = energy.lookup_logic_mm2();
    lookup.table_area_mm2 = band(table + logic * -1.0);
    lookup.logic_area_mm2 = band(logic);
    return lookup;
}

std::vector<reports::UnitError> unit_errors(const models::NonlinearConfig& config) {
    using models::UnitFunction;
    struct Unit {
        const char* name;
        UnitFunction function;
        const models::NonlinearUnit& unit;
    };
    std::vector<reports::UnitError> errors;
    for (const Unit& u : {Unit{"exp", UnitFunction::Exp, config.exp},
                          Unit{"softplus", UnitFunction::Softplus, config.softplus},
                          Unit{"silu", UnitFunction::Silu, config.silu},
                          Unit{"rsqrt", UnitFunction::Rsqrt, config.rsqrt}}) {
        if (u.unit.kind == models::UnitKind::Exact) continue;
        const models::NonlinearError e = models::nonlinear_error(u.function, u.unit);
        const char* kind = u.unit.kind == models::UnitKind::Table ? "table" : "polynomial";
        errors.push_back({u.name, kind, e.max_ulp, e.mean_ulp});
    }
    return errors;
}

/// Every op has its energy, every layer has its energy, every block has its energy: all three must
/// be the whole. Leakage belongs to memories and to no op.
void check_energy(const RunFacts& f, const EnergyModel& energy, double total, double standing) {
    double ops = standing;
    for (std::size_t o = 0; o < models::kOpCount; ++o) {
        ops += sum(energy.of_op(f.ledger, static_cast<Op>(o))).value;
    }
    check_equal(total, ops, "ops");
    double layers = standing;
    for (auto l = models::Segment::kHead; l < static_cast<std::int32_t>(f.ledger.layers()); ++l) {
        layers += sum(energy.of_layer(f.ledger, l)).value;
    }
    check_equal(total, layers, "layers");
}

/// Elements that a quantizer coded. Of x the SSM's codes, each once although a dual code tries both
/// scales; what x_proj reads besides is no code of the network's, and nobody counts what it holds.
std::uint64_t coded_elements(const RunFacts& f) {
    std::uint64_t elements = f.ledger.all().counts[Event::QuantizeInt8];
    const std::uint64_t rows = f.work.batch * f.work.tokens;
    const auto quantized = [&](std::uint32_t layer, Op op) {
        return f.ledger.row(static_cast<std::int32_t>(layer), op, models::block_of(op))
            .counts[Event::QuantizeInt8];
    };
    for (std::uint32_t layer = 0; layer < f.work.layers; ++layer) {
        const models::XUse& x = f.work.x_use(layer);
        if (x.int8()) continue;
        const bool coded = x.code.format != traces::XFormat::Fp32;
        const std::uint64_t elsewhere = x.code.rotated() ? f.work.dims.d_inner : 0;  // by rotate
        elements -= quantized(layer, Op::Conv1d);
        elements += coded ? rows * (f.work.dims.conv_channels() - elsewhere) : 0;
        if (!x.requantized()) continue;
        elements -= quantized(layer, Op::XProj) - rows * f.work.dims.x_proj_width();
    }
    return elements;
}

}  // namespace

reports::Report make_report(const RunFacts& f) {
    const EnergyModel energy(f.chip, f.work, f.result.dram);
    const double time_ns = static_cast<double>(f.result.cycles) / f.chip.clock_ghz;
    const models::LedgerRow all = f.ledger.all();
    reports::Report report;
    report.totals.cycles = f.result.cycles;
    report.totals.time_ns = time_ns;
    report.totals.tokens = f.work.batch * f.work.tokens;
    report.totals.cycles_per_token =
        static_cast<double>(f.result.cycles) / static_cast<double>(report.totals.tokens);
    report.totals.dram_read_bytes = sum_read(all);
    report.totals.dram_written_bytes = sum_written(all);
    report.layers = layer_rows(f, energy);
    report.ops = op_rows(f, energy);
    report.peaks = peaks_of(f.chip, f.work.int4_weights);
    report.blocks = block_rows(f, energy);
    const models::Banded standing = sum(energy.standing(time_ns));
    const models::Banded total = sum(energy.of_all(f.ledger)) + standing;
    models::Banded area;
    double blocks = 0;
    for (std::size_t p = 0; p < kPartCount; ++p) area += energy.area_mm2(static_cast<Part>(p));
    for (const reports::BlockRow& row : report.blocks) blocks += row.energy_pj.value;
    check_equal(total.value, blocks, "blocks");
    check_energy(f, energy, total.value, standing.value);
    report.totals.energy_pj = band(total);
    report.totals.area_mm2 = band(area);
    report.dram = dram_section(f);
    report.lookup = lookup_section(f, energy);
    report.quantization.elements = coded_elements(f);
    if (f.numerics) {
        report.quantization.saturated = all.counts[Event::Saturated];
        report.quantization.flagged = all.counts[Event::Flagged];
    }
    report.unit_errors = unit_errors(f.chip.nonlinear);
    if (!f.numerics) {
        report.notes.emplace_back("timing only: no bits were computed, saturation is not counted");
    }
    std::string packed = packed_note(f.chip, f.work.int4_weights);
    if (!packed.empty()) report.notes.push_back(std::move(packed));
    std::string conflicts = conflict_note(f);
    if (!conflicts.empty()) report.notes.push_back(std::move(conflicts));
    for (std::string& note : doubts(f, report)) report.notes.push_back(std::move(note));
    report.notes.emplace_back(
        "energy of layers and ops is dynamic; leakage and the rows that the DRAM opens are in the "
        "blocks");
    return report;
}

}  // namespace mambasic::sim
