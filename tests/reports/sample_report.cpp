#include "tests/reports/sample_report.h"

namespace mambasic::reports {

CheckSection sample_check() {
    CheckTensor equal;
    equal.name = "layers.0.conv1d.output";
    equal.elements = 4096;
    CheckTensor differing;
    differing.name = "layers.1.conv1d.output";
    differing.elements = 4096;
    differing.mismatches = 3;
    differing.max_ulp = 2;
    differing.max_abs = 2;
    differing.first = FirstDifference{130, {0, 2, 2}, 0, "5", "7", "0x05", "0x07"};
    return {"golden", 3, {equal, differing}, {}};
}

QualitySection sample_quality() {
    return {{31.5, 30.125, 28.625},
            {{4, {33.5, std::nullopt, 29.5}}, {5, {30.5, 29.125, std::nullopt}}},
            {6144, 24, 48},
            NetworkFigures{true, 64, 27.25, 0.998046875, 0.96875, 0.001953125}};
}

namespace {

DramSection sample_dram() {
    DramSection dram;
    dram.name = "lpddr5-6400";
    dram.weights = {4000000, 3};
    dram.row_hits = 21;
    dram.row_misses = 22;
    dram.row_conflicts = 24;
    dram.activates = 25;
    dram.moved = {4404064, 1088};
    dram.mean_read_latency_ns = 62.5;
    dram.read_latencies = {0, 1, 2};
    dram.refresh_cycles = 23;
    dram.activations = {400000, 1000};
    dram.tables = {19, 5};
    dram.state = {4000, 60};
    dram.conv_to_ssm = {3000, 900};
    dram.bandwidth_utilization = 0.371;
    return dram;
}

}  // namespace

Report sample_report() {
    Report r;
    r.provenance = {"0.1.0",
                    "tiny",
                    std::string(64, 'a'),
                    {"gemm.rows=8", "ssm.sum=tree 4"},
                    "quamba1",
                    std::string(64, 'b'),
                    "t.safetensors",
                    std::string(64, 'c'),
                    "mambasic run tiny"};
    r.totals = {1234567,          1234567.5, 64,  19290.11, {12.5e6, 8e6, 18e6},
                {3.21, 2.5, 4.4}, 4404019,   1060};
    r.layers = {{0, "quamba1", 600000, {6e6, 4e6, 9e6}, 2000, 500},
                {1, "quamba1", 634567, {6.5e6, 4.5e6, 9.5e6}, 2001, 560}};
    r.ops = {{"in_proj",
              "gemm",
              8,
              100000,
              90000,
              12582912,
              1000,
              20,
              {9e6, 6e6, 12e6},
              25165825,
              {71, 72},
              {73, 74},
              {75, 76},
              {78, 79}},
             {"scan", "ssm", 16, 300000, 250000, 0, 3, 4, {3.5e6, 2e6, 6e6}, 77, {}, {}, {}, {}}};
    r.peaks = {2048, 51.25};
    r.blocks = {{"gemm",
                 500000,
                 400000,
                 134567,
                 200000,
                 {9.1e6, 6.1e6, 12.1e6},
                 {2.0, 1.5, 3.0},
                 {{"int8_mac", 12582912}, {"saturated", 7}}},
                {"ssm", 250001, 0, 0, 984566, {3.4e6, 2.1e6, 6.1e6}, {1.21, 1.0, 1.4}, {}}};
    r.dram = sample_dram();
    r.lookup = {
        "none",           4, 8, 5, 6, 32, 33, 1, {10, 8, 12}, {6, 5, 7}, {0.001, 0.0005, 0.002},
        {0.003, 0, 0.004}};
    r.quantization = {12, 2, 65536};
    r.quality = sample_quality();
    r.unit_errors = {{"exp", "table", 812.5, 120.25}};
    r.check = sample_check();
    r.notes = {"a note"};
    r.configuration = {{{"gemm.rows", "8", "rows"}, {"name", "tiny", ""}}, {{"groups", "4x4", ""}}};
    return r;
}

}  // namespace mambasic::reports
