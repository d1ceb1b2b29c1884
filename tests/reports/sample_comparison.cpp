#include "tests/reports/sample_comparison.h"

#include "reports/json_writer.h"
#include "tests/reports/sample_report.h"

namespace mambasic::reports {

Report sample_run() {
    Report report = sample_report();
    OpRow conv;
    conv.name = "conv1d";
    conv.energy_pj = {41, 40, 42};
    report.ops.push_back(conv);
    BlockRow dram;
    dram.name = "dram";
    dram.energy_pj = {51, 50, 52};
    report.blocks.push_back(dram);
    return report;
}

namespace {

ComparedScheme baseline() {
    ComparedScheme row = compared(to_json(sample_run()));
    row.notes.clear();
    row.ssm_input_sqnr_db.reset();
    row.layer_output_sqnr_db.reset();
    row.x.reset();
    row.network.reset();
    return row;
}

}  // namespace

Comparison sample_comparison() {
    Comparison c;
    c.version = "0.1.0";
    c.chip = "tiny";
    c.chip_sha256 = c.trace_sha256 = std::string(64, 'd');
    c.overrides = {"gemm.rows=8"};
    c.trace = "t.safetensors";
    c.command = "mambasic compare tiny";
    c.configuration = {{"gemm.rows", "8", "rows"}};
    c.schemes = {baseline(), baseline()};
    ComparedScheme& second = c.schemes[1];
    second.scheme = "quamba2";
    second.lookup = "sequential";
    second.scales = ScalesFrom::Calibrated;
    second.observer = "minmax";
    second.cycles = 1358023;
    second.energy_pj.value = 12.4e6;
    second.ssm_input_sqnr_db = 31.456;
    second.layer_output_sqnr_db = 28;
    second.x = CodeCounts{1000, 20, 1};
    second.network = NetworkFigures{true, 8, std::nullopt, 1, 1, 0, true};
    second.check.mismatches = 0;
    second.change = {9.99999, -0.8, 0};
    second.notes = {"a note, \"quoted\""};
    return c;
}

Comparison with_a_refusal() {
    Comparison c = sample_comparison();
    const std::string why = "a.yaml:3:4: too small, \"see\"";
    c.refused = {{"quamba2-per-channel", std::string(64, 'e'), why, "folder/" + why}};
    return c;
}

}  // namespace mambasic::reports
