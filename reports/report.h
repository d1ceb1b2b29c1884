// Everything a run has to say, as plain data: writers turn it into JSON and text, and compute
// nothing. Field names are the keys of report.json (schema "mambasic-report/1").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/check_section.h"
#include "reports/quality_section.h"

namespace mambasic::reports {

struct Band {
    double value = 0;
    double low = 0;
    double high = 0;
};

using NamedCounts = std::vector<std::pair<std::string, std::uint64_t>>;

struct Provenance {
    std::string version;
    std::string chip;  // file name, for people
    std::string chip_sha256;
    std::vector<std::string> overrides;  // of --set, "gemm.rows=8", in the order given
    std::string scheme;
    std::string scheme_sha256;
    std::string trace;
    std::string trace_sha256;
    std::string command;
};

struct Totals {
    std::uint64_t cycles = 0;
    double time_ns = 0;
    std::uint64_t tokens = 0;  // of all sequences
    double cycles_per_token = 0;
    Band energy_pj;
    Band area_mm2;
    std::uint64_t dram_read_bytes = 0;
    std::uint64_t dram_written_bytes = 0;
};

struct LayerRow {
    std::uint32_t index = 0;  // in the model
    std::string scheme;
    std::uint64_t cycles = 0;  // from the end of the layer before to the end of this one
    Band energy_pj;
    std::uint64_t dram_read_bytes = 0;
    std::uint64_t dram_written_bytes = 0;
};

struct Traffic {
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
};

/// One op of the network, summed over layers and steps.
struct OpRow {
    std::string name;   // "in_proj"
    std::string block;  // "gemm"
    std::uint64_t tiles = 0;
    std::uint64_t cycles =
        0;  // from its first tile's start to its last tile's end, summed over layers
    std::uint64_t busy_cycles = 0;
    std::uint64_t macs = 0;
    std::uint64_t dram_read_bytes = 0;
    std::uint64_t dram_written_bytes = 0;
    Band energy_pj;
    std::uint64_t operations = 0;  // of arithmetic, a multiply-add counting as two
    Traffic weights, activations, tables, state;
};

/// The sides of a roofline.
struct Peaks {
    std::uint64_t mac_operations_per_cycle = 0;  // of the MAC array, a multiply-add counting as two
    double dram_bytes_per_cycle = 0;
};

struct BlockRow {
    std::string name;
    std::uint64_t busy_cycles = 0;
    std::uint64_t stalled_input_cycles = 0;
    std::uint64_t stalled_output_cycles = 0;
    std::uint64_t idle_cycles = 0;
    Band energy_pj;
    Band area_mm2;
    NamedCounts counts;
};

struct DramSection {
    std::string name;
    Traffic weights, activations, tables, state;
    Traffic conv_to_ssm;  // of the activations: what the convolution makes
    Traffic moved;        // whole bursts, for what was asked for
    // Of bursts; all 0 where the memory is a bandwidth and a latency.
    std::uint64_t row_hits = 0, row_misses = 0, row_conflicts = 0;
    std::uint64_t activates = 0;
    std::uint64_t refresh_cycles = 0;  // in which no bank of a rank can work, mean over ranks
    double mean_read_latency_ns = 0;   // from the controller's queue to the last data
    /// Bin i: reads that took 2^(i-1) ns and more, less than 2^i ns; the last one all above.
    std::vector<std::uint64_t> read_latencies;
    double bandwidth_utilization = 0;  // of the peak, over the whole run
};

struct LookupSection {
    std::string kind;  // "none": one scale
    std::uint64_t ranges_bytes = 0, scales_bytes = 0, codes_bytes = 0, state_scales_bytes = 0;
    std::uint64_t lookups = 0;
    std::uint64_t cycles = 0;  // in front of tiles: a tile starts its pipeline after its lookup
    /// By so much the tiles themselves took longer. A tile that waits for its ports anyway hides
    /// its lookup; a longer tile may still leave the run as long as it was, if nothing waited for
    /// it.
    std::uint64_t exposed_cycles = 0;
    /// Of reads and comparisons. Filling the tables and their leakage are in the whole energy
    /// alone, in the blocks dram, dma_load and scale_table.
    Band energy_pj;
    Band state_scales_energy_pj;  // of those: reads of the state scales
    Band table_area_mm2;
    Band logic_area_mm2;
};

struct QuantizationSection {
    std::optional<std::uint64_t> saturated;  // absent: no bits were computed
    std::optional<std::uint64_t> flagged;
    std::uint64_t elements = 0;
};

/// How far an approximate nonlinear unit is from the exact one.
struct UnitError {
    std::string unit;
    std::string kind;
    double max_ulp = 0;
    double mean_ulp = 0;
};

/// A key as it was understood, whatever file or --set wrote it.
struct Setting {
    std::string key;    // "gemm.rows"
    std::string value;  // of a banded figure "0.2 (0.1 to 0.28)"
    std::string unit;
};

struct Configuration {
    std::vector<Setting> chip;
    std::vector<Setting> scheme;
};

struct Report {
    Provenance provenance;
    Totals totals;
    std::vector<LayerRow> layers;
    std::vector<OpRow> ops;
    Peaks peaks;
    std::vector<BlockRow> blocks;
    DramSection dram;
    LookupSection lookup;
    QuantizationSection quantization;
    std::optional<QualitySection> quality;  // where it was asked for
    std::vector<UnitError> unit_errors;     // empty where every unit is exact
    std::optional<CheckSection> check;
    std::vector<std::string> notes;  // warnings that a reader must see
    Configuration configuration;
};

}  // namespace mambasic::reports
