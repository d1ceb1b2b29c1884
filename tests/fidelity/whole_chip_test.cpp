// A larger chip is never slower, and no chip beats its peaks. The built program runs the shapes of
// the models over two layers.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic {
namespace {

using nlohmann::json;
using Settings = std::vector<std::string>;

std::string shapes(const std::string& model, const std::string& phase, const std::string& tokens,
                   const std::string& layers = "2") {
    return e2e::trace(model + "-" + phase + "-" + tokens + "-" + layers,
                      {"--model", model, "--phase", phase, "--tokens", tokens, "--layers", layers,
                       "--seed", "1", "--shapes-only"});
}

json report(const std::string& trace, const Settings& settings) {
    const e2e::Folder out;
    Settings words = {"run",           "edge-32x32", "--trace", trace,
                      "--timing-only", "--quiet",    "--out",   out.path("report")};
    for (const std::string& s : settings) {
        words.emplace_back("--set");
        words.push_back(s);
    }
    const e2e::Outcome run = e2e::mambasic(words);
    if (run.status != 0) throw std::runtime_error(run.err);
    return json::parse(e2e::read_file(out.path("report/report.json")));
}

double dram_bytes(const json& r) {
    return r["totals"]["dram_read_bytes"].get<double>() +
           r["totals"]["dram_written_bytes"].get<double>();
}

Settings sram(const std::string& name, unsigned kib) {
    return {name + ".capacity_kib=" + std::to_string(kib),
            name + ".banks=" + std::to_string(std::max(16U, kib / 64))};
}

// For networks whose every burst would take a minute.
Settings streamed(Settings settings) {
    settings.emplace_back("dram.model=stream");
    return settings;
}

struct Growth {
    const char* name;
    const char* model;
    std::vector<Settings> chips;  // each larger than the one before
};

void PrintTo(const Growth& growth, std::ostream* out) { *out << growth.name; }

class MoreIsNotWorse : public testing::TestWithParam<Growth> {};

// The plan takes less traffic for up to 1 % of time, so only a faster chip may move more bytes.
TEST_P(MoreIsNotWorse, NeitherCyclesNorBytes) {
    const std::string trace = shapes(GetParam().model, "prefill", "512");
    double best_cycles = 1e18;
    double bytes_before = 1e18;
    double cycles_before = 1e18;
    for (const Settings& settings : GetParam().chips) {
        const json r = report(trace, settings);
        const double cycles = r["totals"]["cycles"].get<double>();
        EXPECT_LE(cycles, 1.01 * best_cycles) << settings.front();
        if (cycles > 0.99 * cycles_before) {
            EXPECT_LE(dram_bytes(r), 1.01 * bytes_before) << settings.front();
        }
        best_cycles = std::min(best_cycles, cycles);
        bytes_before = dram_bytes(r);
        cycles_before = cycles;
    }
}

INSTANTIATE_TEST_SUITE_P(
    , MoreIsNotWorse,
    testing::Values(
        Growth{"ActivationSram",
               "mamba-130m",
               {sram("activation_sram", 1536), sram("activation_sram", 2048),
                sram("activation_sram", 3072), sram("activation_sram", 4096),
                sram("activation_sram", 6144), sram("activation_sram", 8192),
                sram("activation_sram", 32768)}},
        Growth{"ActivationSramOf2800M",
               "mamba-2.8b",
               {streamed(sram("activation_sram", 4096)), streamed(sram("activation_sram", 6144)),
                streamed(sram("activation_sram", 8192)), streamed(sram("activation_sram", 16384)),
                streamed(sram("activation_sram", 65536))}},
        Growth{"WeightSram",
               "mamba-130m",
               {sram("weight_sram", 512), sram("weight_sram", 1024), sram("weight_sram", 2048),
                sram("weight_sram", 4096), sram("weight_sram", 8192)}},
        Growth{"Bandwidth",
               "mamba-130m",
               {{"dram.organization.channels=1"},
                {"dram.organization.channels=2"},
                {"dram.organization.channels=4"},
                {"dram.organization.channels=8"}}},
        Growth{"SsmLanes",
               "mamba-130m",
               {{"ssm.channel_lanes=2"},
                {"ssm.channel_lanes=4"},
                {"ssm.channel_lanes=8", "ssm.exp_units=32"},
                {"ssm.channel_lanes=16", "ssm.exp_units=64"}}},
        Growth{"ConvLanes",
               "mamba-130m",
               {{"conv.lanes=2"}, {"conv.lanes=4"}, {"conv.lanes=8"}, {"conv.lanes=16"}}}),
    [](const auto& test) { return test.param.name; });

TEST(Prefill, WhatFitsIsNotSpilled) {
    const json r = report(shapes("mamba-130m", "prefill", "512"), {});
    const json& dram = r["dram"]["by_kind"];
    EXPECT_EQ(dram["activations"]["read_bytes"].get<std::uint64_t>(), 0U);
}

// What no chip can beat: its array, its memory's pins.
TEST(Bounds, ArrayAndMemoryKeepTheirPeaks) {
    constexpr double kMacs = 32 * 32;
    constexpr double kPeakBytesPerCycle = 51.2;  // 51.2 GB/s at 1 GHz
    const std::map<const char*, const char*> tokens = {{"prefill", "64"}, {"decode", "4"}};
    for (const auto& [phase, count] : tokens) {
        const json r = report(shapes("mamba-130m", phase, count), {});
        const double cycles = r["totals"]["cycles"].get<double>();
        double macs = 0;
        for (const json& op : r["ops"]) macs += op["macs"].get<double>();
        EXPECT_GT(macs, 0) << phase;
        EXPECT_LE(macs, cycles * kMacs) << phase;
        EXPECT_LE(dram_bytes(r), cycles * kPeakBytesPerCycle) << phase;
    }
}

/// Weights of the linears, all int8.
struct Decoder {
    const char* name;
    const char* model;
    const char* layers;
    double of_a_layer;
    double of_the_head;
    Settings settings;
};

void PrintTo(const Decoder& decoder, std::ostream* out) { *out << decoder.name; }

class DecodeRunsAtTheSpeedOfTheMemory : public testing::TestWithParam<Decoder> {};

// Each token reads every weight once: decode is as fast as the memory's pins, and hardly slower
// where the scan has lanes enough.
TEST_P(DecodeRunsAtTheSpeedOfTheMemory, ToThreeQuarters) {
    constexpr double kPeakBytesPerCycle = 51.2;
    const Decoder& d = GetParam();
    const json r = report(shapes(d.model, "decode", "2", d.layers), d.settings);
    const double linears = 2 * (std::stod(d.layers) * d.of_a_layer + d.of_the_head);
    const double fastest = linears / kPeakBytesPerCycle;
    EXPECT_GE(r["dram"]["by_kind"]["weights"]["read_bytes"].get<double>(), linears);
    EXPECT_GE(r["totals"]["cycles"].get<double>(), fastest);
    EXPECT_LE(r["totals"]["cycles"].get<double>(), fastest / 0.75);
}

/// in_proj, x_proj, dt_proj and out_proj.
constexpr double mamba1(double d, double e, double rank, double states) {
    return d * 2 * e + e * (rank + 2 * states) + rank * e + e * d;
}

/// in_proj for z, x, B, C of one group and dt, and out_proj.
constexpr double mamba2(double d, double e, double states, double heads) {
    return d * (2 * e + 2 * states + heads) + e * d;
}

// Mamba2's scan has 128 states a channel; with the chip's 4 lanes it takes a third of a token.
const Settings kLanes = {"ssm.channel_lanes=16", "ssm.exp_units=64"};

INSTANTIATE_TEST_SUITE_P(
    , DecodeRunsAtTheSpeedOfTheMemory,
    testing::Values(
        Decoder{"Mamba130m", "mamba-130m", "24", mamba1(768, 1536, 48, 16), 768.0 * 50280, {}},
        Decoder{"Mamba2Of130m", "mamba2-130m", "24", mamba2(768, 1536, 128, 24), 768.0 * 50288,
                kLanes},
        Decoder{"Mamba2800m", "mamba-2.8b", "3", mamba1(2560, 5120, 160, 16), 2560.0 * 50280,
                kLanes},
        Decoder{"Mamba2Of2700m", "mamba2-2.7b", "3", mamba2(2560, 5120, 128, 80), 2560.0 * 50288,
                kLanes}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace mambasic
