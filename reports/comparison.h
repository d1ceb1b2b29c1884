// One trace on one chip under several schemes, as plain data: a row for each scheme, in the order
// that they were asked for, those apart that could not run. Field names are the keys of
// compare.json ("mambasic-compare/1").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace mambasic::reports {

/// Where the scales came from that a scheme ran with.
enum class ScalesFrom {
    Recorded,    // the trace's own
    Calibrated,  // made for the scheme from what the trace holds
    Nowhere,     // timing only: groups as equal as they can be, and no scales
};

struct ComparedCheck {
    std::optional<std::uint64_t> mismatches;  // absent: nothing was checked
    std::optional<std::uint64_t> elements;
    std::vector<std::string> departures;  // as in CheckSection
};

/// In percent of the first row; absent there, and where that is 0.
struct Change {
    std::optional<double> cycles_percent;
    std::optional<double> energy_percent;
    std::optional<double> area_percent;
};

struct ComparedScheme {
    std::string scheme;
    std::string scheme_sha256;
    std::string trace_sha256;  // of the trace that it ran, which holds its scales
    ScalesFrom scales = ScalesFrom::Recorded;
    std::optional<std::string> observer;  // "percentile": what made calibrated scales
    std::string lookup;                   // "sequential"; "none": one scale
    std::uint64_t cycles = 0;
    std::uint64_t lookup_cycles = 0;  // as in LookupSection
    std::uint64_t exposed_lookup_cycles = 0;
    std::uint64_t lookups = 0;
    Band energy_pj;
    Band lookup_energy_pj;  // as in LookupSection
    Band state_scales_energy_pj;
    double conv_energy_pj = 0;
    double dram_energy_pj = 0;
    Band area_mm2;
    Band table_area_mm2;
    Band lookup_logic_area_mm2;
    std::uint64_t table_bytes = 0;  // of all layers
    std::uint64_t range_bytes = 0, scale_bytes = 0, code_bytes = 0, state_scale_bytes = 0;
    std::uint64_t dram_bytes = 0;  // read and written
    std::uint64_t dram_read_bytes = 0;
    std::uint64_t dram_written_bytes = 0;
    std::uint64_t table_dram_read_bytes = 0;   // of the bytes read: the tables'
    std::uint64_t conv_to_ssm_dram_bytes = 0;  // read and written: what the convolution makes
    std::uint64_t quantized_elements = 0;
    std::optional<std::uint64_t> saturated_elements;  // absent: no bits, so nothing saturated
    std::optional<std::uint64_t> flagged_elements;
    std::optional<double> ssm_input_sqnr_db;  // against an FP32 SSM input
    std::optional<double> layer_output_sqnr_db;
    bool ssm_input_noiseless = false;  // as in QualityFigures
    bool layer_output_noiseless = false;
    std::optional<CodeCounts> x;  // absent: golden measured nothing
    std::optional<NetworkFigures> network;
    ComparedCheck check;
    Change change;
    std::vector<std::string> notes;
    std::vector<Setting> configuration;  // of the scheme
};

/// A scheme that could not run on this chip or trace, or the name of a file that holds none.
struct RefusedScheme {
    std::string scheme;
    std::string scheme_sha256;     // empty: the file could not be read as a scheme
    std::string why;               // one line: the place and the way out; files without folders
    std::string why_with_folders;  // in no file: for the terminal of the one who asked
};

struct Comparison {
    std::string version;
    std::string chip;
    std::string chip_sha256;
    std::vector<std::string> overrides;
    std::string trace;
    std::string trace_sha256;
    std::string command;
    bool timing_only = false;
    std::vector<ComparedScheme> schemes;
    std::vector<RefusedScheme> refused;
    std::vector<Setting> configuration;  // of the chip
};

/// The row of a run, from the bytes of its report.json; without `scales`, `observer` and `change`,
/// which are the caller's. A run without a check is one of timing only. Throws std::logic_error
/// where they are no report.
ComparedScheme compared(const std::string& report_json);

}  // namespace mambasic::reports
