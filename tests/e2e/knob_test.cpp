// No knob without an effect: every key that `mambasic explain` lists changes a figure of a run or a
// bit of its results, and nothing that its explanation does not name.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <tuple>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
using Names = std::set<std::string>;

const char kChip[] = "tiny";  // small enough that its limits bind

// Keys that act only together with another one.
const std::map<std::string, std::string> kTogether = {
    {"technology.area_um2.packed_mac_pe", "gemm.int4_macs_per_mac=2"},
    {"technology.energy_pj.int4_mac", "gemm.int4_macs_per_mac=2"},
    {"technology.area_um2.rom_bit", "nonlinear.exp.kind=table"},
    {"technology.energy_pj.register_word", "dequant_mux.x_proj_input=codes"},
    {"nonlinear.exp.table_entries", "nonlinear.exp.kind=table"},
    {"nonlinear.softplus.table_entries", "nonlinear.softplus.kind=table"},
    {"nonlinear.silu.table_entries", "nonlinear.silu.kind=table"},
    {"nonlinear.rsqrt.table_entries", "nonlinear.rsqrt.kind=table"},
    {"nonlinear.exp.polynomial_degree", "nonlinear.exp.kind=polynomial"},
    {"nonlinear.softplus.polynomial_degree", "nonlinear.softplus.kind=polynomial"},
    {"nonlinear.silu.polynomial_degree", "nonlinear.silu.kind=polynomial"},
    {"nonlinear.rsqrt.polynomial_degree", "nonlinear.rsqrt.kind=polynomial"},
    {"dram.stream.efficiency", "dram.model=stream"},
    {"dram.controller.write_queue", "dram.controller.drain_from=8"},
    {"dram.stream.read_latency_ns", "dram.model=stream"},
    {"dram.stream.write_latency_ns", "dram.model=stream"},
    {"dram.timing.rank_switch", "dram.organization.ranks=2"},
    {"dram.timing.rfc_bank", "dram.controller.refresh=per_bank"},
    {"dram.timing.refi_bank", "dram.controller.refresh=per_bank"},
    {"dram.timing.refresh_bank_to_activate", "dram.controller.refresh=per_bank"},
    {"dequant_mux.requantize_cycles", "dequant_mux.x_proj_input=requantized"},
    {"technology.voltage.energy_v0", "voltage_v=0.8"},
    {"technology.voltage.energy_v1", "voltage_v=0.8"},
    {"technology.voltage.energy_v2", "voltage_v=0.8"},
    {"technology.voltage.leakage_exponent", "voltage_v=0.8"},
    {"technology.sram.root_up_to_kib", "ssm.state_store_kib=1024"},  // 512 KiB a bank
    {"technology.sram.read_pj_per_bit_doubling", "ssm.state_store_kib=1024"},
    {"technology.sram.flipflop_bytes", "dma.chunk_bytes=64"},  // two of them: 128 bytes
};

// Keys that change bits and no figure: their results are compared, not their reports.
const Names kBitsOnly = {"arithmetic.softplus", "arithmetic.quirks"};

// Keys that change no output, each with its reason.
const std::map<std::string, std::string> kSilent = {
    {"name", "names the chip; only provenance.chip could show it"},
    {"dram.name", "names the memory in the report; compared as text it would prove nothing"},
    {"dram.organization.rows_per_bank",
     "an address above the last row wraps: DramMap in models_dram_test"},
    {"dram.timing.refresh_bank_to_refresh", "binds where refreshes are dense: DramBanks there"},
    {"dram.commands.activate_deadline", "0 here: DramController there"},
    {"dram.commands.strobe_hold", "0 here: DramController there"},
    {"dram.controller.scheduler", "binds where rows conflict: DramController there"},
    {"dram.controller.mapping", "a text of its own form: DramMap in models_dram_test"},
    {"technology.name", "names the card"},
    {"technology.node_nm", "for people; no figure is scaled by it"},
    {"technology.plausible.mac_pj", "decides what a report is doubted for: PlausibleRangesWarn"},
    {"technology.plausible.dram_byte_pj", "decides what a report is doubted for"},
    {"technology.plausible.utilization", "decides what a report is doubted for"},
    {"technology.voltage.nominal_v", "what voltage_v is a ratio to: a test of sim/cards"},
    {"technology.voltage.polynomial_source", "cites the two polynomials"},
    {"technology.voltage.lowest_v", "decides what is refused: a test of sim/cards"},
    {"technology.voltage.highest_v", "decides what is refused: a test of sim/cards"},
    {"technology.voltage.delay_v0", "decides what is refused: ASlowCardRefusesTheClock"},
    {"technology.voltage.delay_v1", "decides what is refused: as delay_v0"},
    {"technology.voltage.delay_v2", "decides what is refused: as delay_v0"},
    {"technology.voltage.delay_v3", "decides what is refused: as delay_v0"},
    {"technology.placement_delay", "decides what is refused: ASlowCardRefusesTheClock"},
    {"technology.sram.access_ns_1kib", "decides what is refused: ASlowCardRefusesTheClock"},
    {"technology.sram.access_exponent", "decides what is refused: as access_ns_1kib"},
    {"technology.sram.dual_port_access", "decides what is refused: as access_ns_1kib"},
    {"technology.sram.flipflop_access_ns", "decides what is refused: as access_ns_1kib"},
    {"weight_sram.access_cycles", "decides what is refused: ASlowCardRefusesTheClock"},
    {"activation_sram.access_cycles", "decides what is refused: as weight_sram.access_cycles"},
    {"scale_table.capacity_kib", "decides what is refused: ATableLimitRefuses"},
    {"scheme.name", "of another file: --scheme"},
    {"scheme.groups", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.lookup", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.layers", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.code", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.flag_rule", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.flags", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.rotation", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.sparse_percent", "of another file, --scheme: EverySchemeHasFiguresOfItsOwn"},
    {"scheme.levels", "of another file, --scheme: bits only"},
    {"scheme.factor", "of another file, --scheme: bits only"},
    {"scheme.quantile", "of another file, --scheme: bits only"},
    {"scheme.alpha", "of another file, --scheme: AnotherObserverMakesOtherScales"},
    {"scheme.sigma", "of another file, --scheme: AnotherObserverMakesOtherScales"},
    {"scheme.observes", "of another file, --scheme: AnotherObserverMakesOtherScales"},
    {"scheme.observer", "of another file, --scheme: AnotherObserverMakesOtherScales"},
};

struct Key {
    std::string path, type, value, may_change;
};

Key explained(const std::string& path) {
    Key key{path, "", "", ""};
    const Outcome outcome = mambasic({"explain", path, "--chip", kChip});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const std::string& line : lines_of(outcome.out)) {
        constexpr std::size_t kText = 14;  // behind the row's name
        if (line.rfind("  type ", 0) == 0) key.type = line.substr(kText);
        if (line.rfind("  value ", 0) == 0) key.value = line.substr(kText);
        if (line.rfind("  may change ", 0) == 0) key.may_change = line.substr(kText);
    }
    return key;
}

Words all_keys() {
    Words keys;
    for (const std::string& line : lines_of(mambasic({"explain", "--chip", kChip}).out)) {
        keys.push_back(line.substr(0, line.find(' ')));
    }
    return keys;
}

std::string number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

// Other values of the key. Some may be out of its range; the run then says so.
Words settings(const Key& key) {
    Words out;
    if (key.type == "integer" || key.type == "number") {
        const double value = std::stod(key.value);
        for (const double other : {value * 2, value / 2, value - 1}) {
            out.push_back(key.path + "=" + number(other));
        }
    } else if (key.path == "voltage_v") {
        out = {"voltage_v=0.8"};
    } else if (key.type.rfind("{value", 0) == 0) {  // "0.2 (0.1 to 0.28)"
        std::istringstream text(key.value);
        std::string value, low, to, high;
        text >> value >> low >> to >> high;
        high.pop_back();
        out = {key.path + ".value=" + high, key.path + ".value=" + low.substr(1)};
    } else {
        std::istringstream text(key.type);
        for (std::string word; text >> word;) {
            if (word == "tree") word = "tree 2";  // "tree W, W = 2, 4, ..": the first is enough
            if (word != "|" && word != key.value) out.push_back(key.path + "=" + word);
            if (word == "tree 2") break;
        }
    }
    return out;
}

struct Case {
    std::string trace, scheme;
    bool operator<(const Case& other) const {
        return std::tie(trace, scheme) < std::tie(other.trace, other.scheme);
    }
};

// report.json without its provenance, configuration and notes, which repeat settings; null where
// the setting is out of range.
Json report(const Case& run, const Words& overrides) {
    const Folder folder;
    Words words = {"run",      kChip,   "--trace",       run.trace, "--scheme",
                   run.scheme, "--out", folder.path(""), "--quiet", "--timing-only"};
    for (const std::string& setting : overrides) {
        if (!setting.empty()) words.insert(words.end(), {"--set", setting});
    }
    const Outcome outcome = mambasic(words);
    if (outcome.status != 0) {
        EXPECT_EQ(outcome.status, 2) << outcome.err;
        return nullptr;
    }
    Json json = Json::parse(read_file(folder.path("report.json")));
    json.erase("provenance");
    json.erase("configuration");
    json.erase("notes");
    return json;
}

const std::vector<Case>& cases() {
    const auto shapes = [](const std::string& name, Words words) {
        words.insert(words.end(), {"--shapes-only"});
        return trace(name, words);
    };
    static const std::string kGrouped =
        shapes("knob-prefill2", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21"});
    static const std::vector<Case> kCases = {
        {shapes("knob-prefill",
                {"--model", "tiny", "--phase", "prefill", "--tokens", "21", "--batch", "2"}),
         "quamba1"},
        {shapes("knob-decode",
                {"--model", "tiny", "--phase", "decode", "--tokens", "3", "--batch", "1"}),
         "quamba1"},
        {kGrouped, "quamba2"},
        {kGrouped, "quamba2-parallel"},
        {shapes("knob-decode2", {"--model", "tiny2-g2", "--phase", "decode", "--tokens", "3",
                                 "--precision", "w4a8"}),
         "quamba2-code"},
        {shapes("knob-code",
                {"--model", "tiny", "--phase", "prefill", "--tokens", "21", "--batch", "2"}),
         "w4a5-se"},
        {kGrouped, "w4a5-se-4x4"},
        {kGrouped, "rotation-hadamard"},
        {kGrouped, "rotation-dense"}};
    return kCases;
}

const Json& usual_report(const Case& run, const std::string& together) {
    static std::map<std::pair<Case, std::string>, Json> reports;
    Json& json = reports[{run, together}];
    if (json.is_null()) json = report(run, {together});
    return json;
}

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
