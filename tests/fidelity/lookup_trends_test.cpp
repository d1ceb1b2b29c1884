// The knobs of the scale lookup turn: each does what its explanation says, where it should, and a
// better part never makes a chip slower. Whole runs over two layers of a Mamba2 model, and of a
// Mamba1 model where its scan may differ.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/program.h"

namespace mambasic {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::uint64_t kLayers = 2;
constexpr std::uint64_t kHeads = 24;  // of mamba2-130m, in one SSD group
constexpr std::uint64_t kHeadDim = 64;
constexpr std::uint64_t kStates = 128;
constexpr std::uint64_t kChannels = kHeads * kHeadDim;

// Room for the tables of all 24 layers, for the largest scheme of all.
const std::string kRoom = "scale_table.capacity_kib=65536";

const Words kKinds = {"quamba2", "quamba2-parallel", "quamba2-direct", "quamba2-code",
                      "quamba2-runlength"};

const char* const kModels[] = {"mamba2-130m", "mamba-130m"};

std::string shapes(const std::string& phase, const std::string& model) {
    return e2e::trace("lookup-" + model + phase,
                      {"--model", model, "--phase", phase, "--tokens",
                       phase == "decode" ? "3" : "64", "--layers", "2", "--shapes-only"});
}

json report(const std::string& phase, const std::string& scheme, const Words& settings,
            const std::string& model = kModels[0]) {
    const e2e::Folder out;
    Words words = {"run",      "edge-32x32",   "--trace",       shapes(phase, model),
                   "--scheme", scheme,         "--timing-only", "--quiet",
                   "--out",    out.path("out")};
    words.insert(words.end(), {"--set", kRoom});
    // Rows and refresh move a run by more than the differences that are looked for.
    words.insert(words.end(), {"--set", "dram.model=stream"});
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    const e2e::Outcome run = e2e::mambasic(words);
    EXPECT_EQ(run.status, 0) << run.err;
    return json::parse(e2e::read_file(out.path("out/report.json")));
}

json lookup_of(const std::string& scheme, const Words& settings) {
    return report("prefill", scheme, settings)["lookup"];
}

// --- Better parts, from the poorest on
// ------------------------------------------------------------

struct Growth {
    const char* name;
    Words settings;
    Words schemes = kKinds;
};

void PrintTo(const Growth& growth, std::ostream* out) { *out << growth.name; }

class LookupGrowth : public testing::TestWithParam<Growth> {};

std::uint64_t busy_of(const json& report, const std::string& op) {
    for (const json& row : report["ops"]) {
        if (row["name"] == op) return row["busy_cycles"];
    }
    ADD_FAILURE() << "no " << op;
    return 0;
}

// Mamba1's decode waits for nothing but DRAM, which is busy all the time: there a store that is
// ready earlier goes between other loads, and the whole may end some cycles later.
double slack_of(const json& report) {
    return report["dram"]["bandwidth_utilization"].get<double>() > 0.9 ? 1.0001 : 1;
}

void expect_no_worse(const json& now, const json& before, const std::string& where) {
    EXPECT_LE(now["totals"]["cycles"].get<double>(),
              before["totals"]["cycles"].get<double>() * slack_of(now))
        << where;
    for (const char* op : {"conv1d", "scan"}) {
        EXPECT_LE(busy_of(now, op), busy_of(before, op)) << where << ", " << op;
    }
    EXPECT_LE(now["lookup"]["exposed_cycles"], before["lookup"]["exposed_cycles"]) << where;
    EXPECT_LE(now["dram"]["by_kind"]["tables"]["read_bytes"],
              before["dram"]["by_kind"]["tables"]["read_bytes"])
        << where;
}

void expect_growth(const Growth& growth, const std::string& model, const std::string& phase) {
    for (const std::string& scheme : growth.schemes) {
        json before;
        for (const std::string& setting : growth.settings) {
            const json now = report(phase, scheme, {setting}, model);
            const std::string where = model + ", " + scheme + ", " + phase + ", " + setting;
            if (!before.is_null()) expect_no_worse(now, before, where);
            before = now;
        }
    }
}

TEST_P(LookupGrowth, NeverCostsCyclesOrBytes) {
    for (const char* model : kModels) {
        for (const char* phase : {"prefill", "decode"}) expect_growth(GetParam(), model, phase);
    }
}

Words values_of(const std::string& key, const std::vector<int>& values) {
    Words settings;
    for (const int value : values) {
        settings.push_back("scale_table." + key + "=" + std::to_string(value));
    }
    return settings;
}

INSTANTIATE_TEST_SUITE_P(
    , LookupGrowth,
    testing::Values(
        Growth{"WiderWords", values_of("word_bytes", {4, 8, 16, 32, 64})},
        Growth{"MoreUnits", values_of("units", {1, 2, 4, 8, 16})},
        Growth{"MoreComparators",
               values_of("parallel_comparators", {1, 5, 10, 20, 40}),
               {"quamba2-parallel"}},
        Growth{"MoreBanks", values_of("parallel_banks", {1, 5, 10, 21, 42}), {"quamba2-parallel"}},
        Growth{"NarrowerRanges", values_of("range_bytes", {4, 2, 1})},
        Growth{"QuickerReads", values_of("lookup_cycles", {8, 4, 2, 1})},
        Growth{"ResidentTables",
               {"scale_table.residency=per_layer", "scale_table.residency=all_layers"}},
        Growth{"FewerLookups",
               {"scale_table.loop_order=token_major", "scale_table.loop_order=channel_major"}}),
    [](const auto& test) { return test.param.name; });

// --- What each key does
// ---------------------------------------------------------------------------

// Four ends fit a word of 16 bytes: a walk reads fewer words.
TEST(LookupKnobs, WiderWordsShortenAWalk) {
    const json narrow = lookup_of("quamba2", {});
    const json wide = lookup_of("quamba2", {"scale_table.word_bytes=16"});
    EXPECT_LT(wide["cycles"], narrow["cycles"]);
    EXPECT_EQ(wide["lookups"], narrow["lookups"]);
    EXPECT_NE(wide["energy_pj"], narrow["energy_pj"]);
    EXPECT_GT(wide["logic_area_mm2"]["value"], narrow["logic_area_mm2"]["value"]);
}

// 4 head ends and 4 x 4 dim ends a layer; a scale for each cell, one for B, one for C.
TEST(LookupKnobs, RangesAreAsWideAsAsked) {
    for (const auto& [setting, bytes] :
         {std::pair("scale_table.range_bytes=4", 4), std::pair("scale_table.range_bytes=1", 1)}) {
        const json table = lookup_of("quamba2", {setting})["table_bytes"];
        EXPECT_EQ(table["ranges"], kLayers * (4 + 16) * static_cast<std::uint64_t>(bytes));
        EXPECT_EQ(table["scales"], kLayers * (16 + 2) * 4);
        EXPECT_EQ(table["state_scales"], kLayers * 16 * kStates * 4);
    }
}

TEST(LookupKnobs, SlowerReadsTakeLonger) {
    for (const std::string& scheme : kKinds) {
        const json quick = lookup_of(scheme, {});
        const json slow = lookup_of(scheme, {"scale_table.lookup_cycles=4"});
        EXPECT_GT(slow["exposed_cycles"], quick["exposed_cycles"]) << scheme;
        EXPECT_EQ(slow["lookups"], quick["lookups"]) << scheme;
    }
}

TEST(LookupKnobs, UnitsShareTheWorkAndTakeTheirArea) {
    for (const std::string& scheme : kKinds) {
        const json one = lookup_of(scheme, {});
        const json four = lookup_of(scheme, {"scale_table.units=4"});
        EXPECT_LT(four["cycles"], one["cycles"]) << scheme;
        EXPECT_GT(four["table_area_mm2"]["value"], one["table_area_mm2"]["value"]) << scheme;
        EXPECT_NEAR(four["logic_area_mm2"]["value"].get<double>(),
                    4 * one["logic_area_mm2"]["value"].get<double>(), 1e-9)
            << scheme;
    }
}

// And those of other kinds have neither.
TEST(LookupKnobs, ComparatorsAndBanksArePartsOfTheParallelKind) {
    for (const char* setting :
         {"scale_table.parallel_comparators=5", "scale_table.parallel_banks=3"}) {
        for (const std::string& scheme : kKinds) {
            const json usual = lookup_of(scheme, {});
            const json fewer = lookup_of(scheme, {setting});
            if (scheme != "quamba2-parallel") {
                EXPECT_EQ(fewer, usual) << scheme << ", " << setting;
                continue;
            }
            EXPECT_GT(fewer["cycles"], usual["cycles"]) << setting;
            EXPECT_LT(fewer["logic_area_mm2"]["value"], usual["logic_area_mm2"]["value"])
                << setting;
        }
    }
}

// A channel is looked up once a tile, or once for each of its tokens; so are B's and C's scales.
// The states' scales are needed once, at the end.
TEST(LookupKnobs, TokenMajorLooksUpEveryElement) {
    for (const std::string& scheme : kKinds) {
        const json channel = lookup_of(scheme, {"schedule.tile_tokens=16"});
        const json token =
            lookup_of(scheme, {"schedule.tile_tokens=16", "scale_table.loop_order=token_major"});
        const std::uint64_t tiles = 64 / 16;
        const auto more =
            token["lookups"].get<std::uint64_t>() - channel["lookups"].get<std::uint64_t>();
        EXPECT_GE(more, kLayers * kChannels * (64 - tiles)) << scheme;
        EXPECT_GT(token["energy_pj"]["value"], channel["energy_pj"]["value"]) << scheme;
    }
}

TEST(LookupKnobs, ResidentTablesTakeAreaAndNoSecondTrip) {
    for (const std::string& scheme : kKinds) {
        const json per_layer = report("decode", scheme, {});
        const json all = report("decode", scheme, {"scale_table.residency=all_layers"});
        EXPECT_GT(all["lookup"]["table_area_mm2"]["value"],
                  per_layer["lookup"]["table_area_mm2"]["value"])
            << scheme;
        const auto bytes = [](const json& r) {
            return r["dram"]["by_kind"]["tables"]["read_bytes"].get<std::uint64_t>();
        };
        EXPECT_EQ(bytes(per_layer), 3 * bytes(all)) << scheme << ": three steps";
    }
}

TEST(LookupKnobs, TheCapacityRefuses) {
    const e2e::Outcome run = e2e::mambasic(
        {"run", "edge-32x32", "--trace", shapes("prefill", kModels[0]), "--scheme",
         "quamba2-per-channel", "--timing-only", "--set", "scale_table.capacity_kib=16"});
    EXPECT_EQ(run.status, 2);
    EXPECT_NE(run.err.find("scale_table.capacity_kib"), std::string::npos) << run.err;
}

// --- The keys of a scheme
// -------------------------------------------------------------------------

TEST(SchemeKnobs, MoreGroupsNeedLargerTables) {
    std::uint64_t before = 0;
    const std::vector<std::pair<std::string, std::uint64_t>> schemes = {
        {"quamba1", 1},
        {"quamba2-lite", 4},
        {"quamba2", 16},
        {"quamba2-8x8", 64},
        {"quamba2-per-channel", kChannels}};
    for (const auto& [scheme, cells] : schemes) {
        const json table = lookup_of(scheme, {})["table_bytes"];
        EXPECT_EQ(table["scales"], kLayers * (cells + 2) * 4) << scheme;
        // One scale serves all states of quamba1.
        const std::uint64_t columns = cells == 1 ? 1 : kStates;
        EXPECT_EQ(table["state_scales"], kLayers * cells * columns * 4) << scheme;
        std::uint64_t all = 0;
        for (const auto& [kind, bytes] : table.items()) all += bytes.get<std::uint64_t>();
        EXPECT_GT(all, before) << scheme;
        before = all;
    }
}

// What a lookup returns does not depend on how: only what it costs does.
TEST(SchemeKnobs, TheLookupChangesTheCostAndNoBit) {
    const std::string numbers =
        e2e::trace("lookup-numbers", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21",
                                      "--seed", "5", "--record", "none"});
    std::string bits;
    std::vector<json> costs;
    for (const std::string& scheme : kKinds) {
        const e2e::Folder out;
        const e2e::Outcome run =
            e2e::mambasic({"run", "tiny", "--trace", numbers, "--scheme", scheme, "--quiet",
                           "--out", out.path("out"), "--dump", out.path("dump")});
        ASSERT_EQ(run.status, 0) << run.err;
        const std::string dump = e2e::read_file(out.path("dump"));
        if (bits.empty()) bits = dump;
        EXPECT_GT(dump.size(), 1000U);
        EXPECT_TRUE(dump == bits) << scheme;
        const json lookup = json::parse(e2e::read_file(out.path("out/report.json")))["lookup"];
        for (const json& other : costs) {
            EXPECT_NE(lookup["energy_pj"], other["energy_pj"]) << scheme;
            EXPECT_NE(lookup["logic_area_mm2"], other["logic_area_mm2"]) << scheme;
        }
        costs.push_back(lookup);
    }
}

// The state scales lie in a memory of their own, which every way of finding a cell reads alike.
TEST(SchemeKnobs, TheStateScalesCostTheSameHoweverTheirCellIsFound) {
    const double sequential =
        report("decode", kKinds[0], {})["lookup"]["state_scales_energy_pj"]["value"];
    for (const std::string& scheme : kKinds) {
        const json lookup = report("decode", scheme, {})["lookup"];
        const double states = lookup["state_scales_energy_pj"]["value"];
        EXPECT_GT(states, 0) << scheme;
        EXPECT_LT(states, lookup["energy_pj"]["value"].get<double>()) << scheme;
        EXPECT_DOUBLE_EQ(states, sequential) << scheme;
    }
    EXPECT_EQ(report("decode", "quamba1", {})["lookup"]["state_scales_energy_pj"]["value"], 0.0);
}

// And the groups change bits: through compare, which calibrates them.
TEST(SchemeKnobs, TheGroupsChangeTheBits) {
    const std::string numbers =
        e2e::trace("lookup-numbers", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21",
                                      "--seed", "5", "--record", "none"});
    const e2e::Folder out;
    const e2e::Outcome run = e2e::mambasic({"compare", "tiny", "--trace", numbers, "--schemes",
                                            "quamba1,quamba2-lite,quamba2,quamba2-per-channel",
                                            "--out", out.path("out")});
    ASSERT_EQ(run.status, 0) << run.err;
    const json rows = json::parse(e2e::read_file(out.path("out/compare.json")))["schemes"];
    for (std::size_t i = 1; i < rows.size(); ++i) {
        EXPECT_GT(rows[i]["ssm_input_sqnr_db"], rows[i - 1]["ssm_input_sqnr_db"])
            << rows[i]["scheme"];
    }
}

}  // namespace
}  // namespace mambasic
