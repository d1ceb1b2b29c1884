#include "sim/run.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <systemc>

#include "models/common/error.h"
#include "sim/chip.h"
#include "sim/clock_check.h"
#include "sim/config_rows.h"
#include "sim/result.h"
#include "sim/run_inputs.h"

namespace mambasic::sim {

using models::UserError;

namespace {

/// SystemC's context is one global, and a second elaboration in it fails: one run a process.
void begin_simulation() {
    static bool began = false;
    MAMBASIC_CHECK(!began, "SystemC allows one run for each process");
    began = true;
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
    sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_LOG | sc_core::SC_THROW);
}

Workload workload_of(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                     const RunOptions& options) {
    const traces::TraceInfo& info = trace.info();
    const std::string& path = trace.path();
    if (options.first_layer >= info.layers) {
        throw UserError(path + ": there is no layer " + std::to_string(options.first_layer) +
                        " in this trace, the last one is " + std::to_string(info.layers - 1));
    }
    const std::uint32_t rest = info.layers - options.first_layer;
    if (options.layers > rest) {
        throw UserError(path + ": " + std::to_string(options.layers) + " layers from layer " +
                        std::to_string(options.first_layer) + " on, but there are " +
                        std::to_string(rest));
    }
    Workload work;
    work.dims = info.dims;
    work.phase = info.phase;
    work.batch = info.batch;
    work.tokens = info.tokens;
    work.layers = options.layers == 0 ? rest : options.layers;
    work.int4_weights = info.w4();
    work.first_layer = info.first_layer + options.first_layer;
    work.scale_ranges = scale_ranges(scheme, info.dims, chip);
    work.tables_stay = chip.scale_table.residency == models::TableResidency::AllLayers;
    work.embeds = info.has_head && options.first_layer == 0;
    work.has_head = info.has_head && work.layers == rest;
    work.residual_input = !work.embeds && (options.first_layer > 0 || info.first_layer > 0);
    return work;
}

/// Counts progress in rows that left a layer.
class ProgressMeter {
public:
    ProgressMeter(const Workload& work, const RunOptions& options)
        : options_(options), width_(work.dims.d_model) {
        progress_.total = work.batch * work.tokens * work.layers;
    }
    void task_done(const models::Task& task) {
        const bool last_panel = task.region.channel + task.region.channels == width_;
        const bool compute = task.block == models::BlockId::Gemm;
        if (!compute || task.op != models::Op::OutProj || !last_panel) return;
        progress_.done += task.region.rows();
        if (options_.on_progress) options_.on_progress(progress_);
    }

private:
    const RunOptions& options_;
    std::uint64_t width_;
    Progress progress_;
};

/// What happens when a segment is done: its tensors go out, then those before it go away.
class SegmentSink {
public:
    SegmentSink(const RunOptions& options, HostTensors* tensors, std::uint32_t first_layer,
                bool int4_weights)
        : options_(options), tensors_(tensors), first_layer_(first_layer) {
        if (!int4_weights) packed_.emplace();
    }

    void done(const SegmentRecord& record) {
        if (tensors_ == nullptr) return;
        if (options_.on_output) {
            LayerOutput out;
            out.layer = record.layer >= 0 ? record.layer + static_cast<std::int32_t>(first_layer_)
                                          : record.layer;
            out.step = record.step;
            out.tensors = tensors_->outputs(tensors_->at(record.index));
            options_.on_output(out);
        }
        tensors_->segment_done(record.index);
    }

private:
    const RunOptions& options_;
    HostTensors* tensors_;
    std::uint32_t first_layer_;
    /// The trace's weights stay where they are; what 4-bit ones expand to goes with its layer.
    std::optional<models::GemmWeightCache> packed_;
};

}  // namespace

void require_fit(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                 const RunOptions& options) {
    RunOptions shapes = options;
    shapes.numerics = false;
    check_inputs(chip, scheme, trace, shapes);
    const Workload work = workload_of(chip, scheme, trace, shapes);
    check_clock(chip, uses_of(work));
    check_tables(work, chip);
    const Schedule schedule(work, chip);
}

reports::Report run(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                    const RunOptions& options) {
    check_inputs(chip, scheme, trace, options);
    const Workload work = workload_of(chip, scheme, trace, options);
    check_clock(chip, uses_of(work));
    check_tables(work, chip);
    Schedule schedule(work, chip);  // refuses a chip that is too small, before anything starts
    begin_simulation();
    for (Watcher* watcher : options.watchers) watcher->begin(work, chip);

    std::optional<HostTensors> tensors;
    if (options.numerics) tensors.emplace(work, trace, options.first_layer);
    HostTensors* const bits = tensors ? &*tensors : nullptr;
    TileBinding binding(work, chip, {&trace, bits, options.first_layer});
    Spans spans(work.layers, chip_period(chip));
    ProgressMeter progress(work, options);
    SegmentSink sink(options, bits, options.first_layer, work.int4_weights);
    Chip machine(chip, schedule, binding, options.numerics,
                 {[&](const SegmentRecord& record) {
                      spans.add(record);
                      sink.done(record);
                  },
                  [&](const models::Task& task) { progress.task_done(task); }, options.on_burst,
                  options.watchers});
    const ChipResult result = [&] {
        try {
            return machine.run();
        } catch (const std::overflow_error& e) {
            throw UserError(trace.path() + ": " + e.what());
        }
    }();

    reports::Report report =
        make_report({chip, work, result, machine.ledger(), spans, options.numerics});
    report.provenance.version = MAMBASIC_VERSION;
    report.provenance.chip = chip.name;
    report.provenance.chip_sha256 = chip.sha256;
    report.provenance.scheme = scheme.name;
    report.provenance.scheme_sha256 = scheme.sha256;
    report.provenance.trace_sha256 = trace.header_sha256();
    report.configuration = {config_rows(chip.keys), config_rows(scheme.keys)};
    return report;
}

}  // namespace mambasic::sim
