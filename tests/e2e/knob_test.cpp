// No knob without an effect: every key that `mambasic explain` lists changes a figure of a run or a
// bit of its results, and nothing that its explanation does not name.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/e2e/knob_case.h"
#include "tests/e2e/knob_lists.h"

namespace mambasic::e2e {
namespace {

// What the key's explanation must name, as the two reports differ.
Names changed(const Json& a, const Json& b) {
    Names names;
    const Json& before = a["totals"];
    const Json& after = b["totals"];
    const bool longer = before["cycles"] != after["cycles"];
    if (longer) names.insert("cycles");
    if (before["area_mm2"] != after["area_mm2"]) names.insert("area");
    for (const char* bytes : {"dram_read_bytes", "dram_written_bytes"}) {
        if (before[bytes] != after[bytes]) names.insert("DRAM bytes");
    }
    for (std::size_t i = 0; i < std::min(a["ops"].size(), b["ops"].size()); ++i) {
        // Without leakage, which goes with the cycles and the area.
        if (a["ops"][i]["energy_pj"] != b["ops"][i]["energy_pj"]) names.insert("energy");
    }
    return names;
}

void expect_effect(const Key& key) {
    const auto found = kTogether.find(key.path);
    const std::string together = found == kTogether.end() ? "" : found->second;
    bool acts = false;
    for (const std::string& setting : settings(key)) {
        for (const Case& run : cases()) {
            const Json other = report(run, {together, setting});
            if (other.is_null()) continue;
            const Json& usual = usual_report(run, together);
            acts = acts || other != usual;
            for (const std::string& name : changed(usual, other)) {
                EXPECT_NE(key.may_change.find(name), std::string::npos)
                    << setting << " changes the " << name << "; explain says: " << key.may_change;
            }
            if (acts && key.path.rfind("technology.", 0) == 0) return;  // a price: one will do
        }
        if (acts) break;
    }
    EXPECT_TRUE(acts) << key.path << " changes nothing";
}

void expect_every_effect(const std::string& block) {
    std::size_t keys = 0;
    for (const std::string& path : all_keys()) {
        if (path.rfind(block, 0) != 0 || kSilent.count(path) + kBitsOnly.count(path) > 0) continue;
        expect_effect(explained(path));
        ++keys;
    }
    EXPECT_GT(keys, 0U) << block;
}

class Knobs : public testing::TestWithParam<const char*> {};

TEST_P(Knobs, EachChangesAFigureAndOnlyWhatItsExplanationNames) { expect_every_effect(GetParam()); }

const std::vector<const char*> kBlocks = {"clock_ghz",
                                          "voltage_v",
                                          "technology.voltage.",
                                          "schedule.",
                                          "technology.energy_pj.",
                                          "technology.area_um2.",
                                          "technology.sram.",
                                          "technology.logic_utilization",
                                          "dram.",
                                          "dma.",
                                          "weight_sram.",
                                          "activation_sram.",
                                          "gemm.",
                                          "norm.",
                                          "conv.",
                                          "scale_table.",
                                          "dequant_mux.",
                                          "rotation.",
                                          "nonlinear.",
                                          "ssm.",
                                          "gated_norm.",
                                          "hadamard.",
                                          "embedding."};

INSTANTIATE_TEST_SUITE_P(Blocks, Knobs, testing::ValuesIn(kBlocks), [](const auto& test) {
    std::string name = test.param;
    for (char& c : name) c = c == '.' ? '_' : c;
    return name;
});

TEST(KnobLists, CoverEveryKeyAndNameNoOther) {
    Names listed = kBitsOnly;
    for (const auto& [path, reason] : kSilent) listed.insert(path);
    for (const std::string& path : all_keys()) {
        bool in_block = false;
        for (const std::string block : kBlocks) in_block = in_block || path.rfind(block, 0) == 0;
        // Delays decide what is refused: tests/sim/cards_test.cpp.
        const bool delay = path.rfind("technology.delay_ns.", 0) == 0;
        EXPECT_TRUE(in_block || delay || listed.count(path) == 1) << path;
        listed.erase(path);
        EXPECT_FALSE(kTogether.count(path) == 1 && kSilent.count(path) == 1) << path;
    }
    EXPECT_EQ(listed, Names()) << "no such keys";
}

TEST(KnobBits, ChangeTheResultsAndNoTime) {
    // In decode one-row products and the Hadamard saturate: many outliers make codes overflow.
    const std::string numbers =
        trace("knob-numbers", {"--model", "tiny", "--phase", "decode", "--tokens", "24",
                               "--outliers", "0.3", "--seed", "3", "--record", "none"});
    const auto results = [&](const std::string& setting) {
        const Folder folder;
        Words words = {"run", kChip, "--trace", numbers, "--quiet", "--dump", folder.path("dump")};
        if (!setting.empty()) words.insert(words.end(), {"--set", setting});
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return read_file(folder.path("dump"));
    };
    const std::string usual = results("");
    for (const std::string& path : kBitsOnly) {
        const Key key = explained(path);
        EXPECT_EQ(key.may_change.rfind("bits", 0), 0U) << key.may_change;
        const std::string setting = settings(key).front();
        EXPECT_NE(results(setting), usual) << setting;
        for (const Case& run : cases()) {
            EXPECT_EQ(report(run, {setting}), usual_report(run, "")) << setting;
        }
    }
}

TEST(KnobLimits, PlausibleRangesWarn) {
    const auto notes = [](const std::string& set) {
        return mambasic({"run", "edge-32x32", "--trace", cases()[0].trace, "--timing-only", "--set",
                         set})
            .out;
    };
    const std::string range = "={value: 2e-6, low: 1e-6, high: 3e-6, source: x}";
    for (const char* key : {"mac_pj", "dram_byte_pj", "utilization"}) {
        const std::string path = std::string("technology.plausible.") + key;
        EXPECT_NE(notes(path + range).find("note: doubtful: "), std::string::npos) << key;
    }
    EXPECT_EQ(notes("clock_ghz=1").find("doubtful"), std::string::npos);
}

TEST(KnobLimits, ATableLimitRefuses) {
    const Outcome outcome = mambasic({"run", kChip, "--trace", cases()[2].trace, "--timing-only",
                                      "--set", "scale_table.capacity_kib=1"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("scale_table.capacity_kib"), std::string::npos) << outcome.err;
}

// What of a scheme makes its cost: all but its name, what only decides bits, and its statistic,
// which AnotherObserverMakesOtherScales is about.
std::string cost_keys(const std::filesystem::path& file) {
    const Names free_of_cost = {"name",     "observer", "alpha",  "sigma",
                                "observes", "levels",   "factor", "quantile"};
    std::istringstream lines(read_file(file));
    std::string out;
    for (std::string line; std::getline(lines, line);) {
        const std::string setting = line.substr(0, line.find(" #"));
        if (line.rfind('#', 0) == 0) continue;
        if (free_of_cost.count(setting.substr(0, setting.find(':'))) == 0) out += setting + "\n";
    }
    return out;
}

TEST(Schemes, EverySchemeHasFiguresOfItsOwn) {
    std::map<std::string, std::string> seen;  // figures, scheme
    std::set<std::string> costs;
    for (const auto& file :
         std::filesystem::directory_iterator(MAMBASIC_SOURCE "/hw_config/schemes")) {
        const std::string scheme = file.path().stem();
        if (!costs.insert(cost_keys(file.path())).second) continue;
        const Json json = report({cases()[2].trace, scheme}, {});
        ASSERT_FALSE(json.is_null()) << scheme;
        const auto [place, fresh] = seen.emplace(json["totals"].dump(), scheme);
        EXPECT_TRUE(fresh) << scheme << " and " << place->second << " have the same totals";
    }
    EXPECT_GT(seen.size(), 5U);
}

}  // namespace
}  // namespace mambasic::e2e
