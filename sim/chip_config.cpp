#include "sim/chip_config.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/common/yaml_scalar.h"
#include "models/common/yaml_tree.h"
#include "sim/config_files.h"
#include "sim/config_hash.h"

namespace mambasic::sim {

namespace {

using models::KeyDoc;
using models::YamlMap;

void parse_blocks(ChipConfig& c, YamlMap& map) {
    c.dma = models::DmaConfig::parse(map.take_map("dma", "engines between DRAM and scratchpads"));
    c.weight_sram = models::SramConfig::parse(map.take_map("weight_sram", "scratchpad of weights"));
    c.activation_sram =
        models::SramConfig::parse(map.take_map("activation_sram", "scratchpad of activations"));
    c.gemm = models::GemmConfig::parse(map.take_map("gemm", "MAC array for the projections"));
    c.norm = models::NormConfig::parse(map.take_map("norm", "residual add, RMSNorm, quantize"));
    c.conv = models::ConvConfig::parse(map.take_map("conv", "causal convolution unit"));
    c.scale_table =
        models::ScaleTableConfig::parse(map.take_map("scale_table", "scales of the conv output"));
    c.dequant_mux = models::DequantMuxConfig::parse(map.take_map(
        "dequant_mux", "what decodes x where it is not int8, and what x_proj then reads"));
    c.rotation = models::RotationConfig::parse(
        map.take_map("rotation", "what turns x in front of its code and back behind it"));
    c.nonlinear = models::NonlinearConfig::parse(
        map.take_map("nonlinear", "exp, softplus, SiLU, rsqrt units"));
    c.ssm = models::SsmConfig::parse(map.take_map("ssm", "selective scan core"));
    c.gated_norm = models::GatedNormConfig::parse(
        map.take_map("gated_norm", "Mamba2's gate and RMSNorm behind the scan"));
    c.hadamard = models::HadamardConfig::parse(map.take_map("hadamard", "Hadamard unit"));
    c.embedding =
        models::EmbeddingConfig::parse(map.take_map("embedding", "embedding dequantizer"));
}

// `nominal`, so that a chip may be given another card whose process has another supply.
double take_voltage(YamlMap& map, const models::VoltageRule& rule) {
    const std::string text = map.take_text(
        "voltage_v",
        "supply of the logic and the on-chip memories, V: nominal (the card's own) or "
        "a number in the range of the card",
        "nominal | a number");
    if (text == "nominal") return rule.nominal_v;
    const auto volts = models::parse_number(text);
    if (!volts.value || *volts.value < rule.lowest_v || *volts.value > rule.highest_v) {
        map.reject("voltage_v",
                   models::shown(text) + " is no supply of this card; write nominal (" +
                       models::to_text(rule.nominal_v) + ") or " + models::to_text(rule.lowest_v) +
                       " to " + models::to_text(rule.highest_v));
    }
    return *volts.value;
}

ChipConfig parse_chip(YamlMap& map) {
    ChipConfig c;
    c.name = map.take_text("name", "name of the chip, as reports show it");
    c.clock_ghz = map.take_double("clock_ghz", 0.001, 10, "GHz", "the one clock of all blocks");
    c.schedule = ScheduleConfig::parse(map.take_map("schedule", "how a layer is cut and streamed"));
    c.arithmetic =
        ArithmeticConfig::parse(map.take_map("arithmetic", "choices that decide the bits"));
    c.technology = models::Technology::parse(
        map.take_map("technology", "technology card: a file, or its keys"));
    c.voltage_v = take_voltage(map, c.technology.voltage);
    c.technology = c.technology.at(c.voltage_v);
    c.dram =
        models::DramConfig::parse(map.take_map("dram", "external memory: a file, or its keys"));
    parse_blocks(c, map);
    map.finish();
    return c;
}

// Whether parts that are each possible fit together. A block that refuses says where its own value
// was written.
void check_together(const ChipConfig& c, const models::YamlNodePtr& tree) {
    const auto block = [&](const char* key) { return YamlMap(tree->find(key)->value, key); };
    const std::uint64_t smaller =
        std::min(c.weight_sram.capacity_bytes(), c.activation_sram.capacity_bytes());
    if (c.dma.chunk_bytes > smaller) {
        block("dma").reject("chunk_bytes", "must not exceed the smaller scratchpad, " +
                                               std::to_string(smaller) + " bytes");
    }
    const bool other_form = c.arithmetic.softplus != arith::Softplus::Log1p;
    if (other_form && c.nonlinear.softplus.kind != models::UnitKind::Exact) {
        block("arithmetic")
            .reject("softplus",
                    "log_exp_plus_1 is a form of the exact unit; table and polynomial "
                    "units approximate softplus itself, so write log1p");
    }
}

// It reads like a key of the chip, and `explain` lists it.
void refuse_scheme(const std::string& assignment) {
    const std::string block = assignment.substr(0, assignment.find_first_of(".="));
    if (block != "scheme") return;
    throw models::UserError("--set " + assignment +
                            ": a scheme is a file, no part of the chip; copy one of "
                            "hw_config/schemes, change the key there and give the file to "
                            "--scheme (to --schemes of compare)");
}

}  // namespace

ScheduleConfig ScheduleConfig::parse(YamlMap map) {
    ScheduleConfig c;
    c.fusion = map.take_enum<Fusion>("fusion", {{"none", Fusion::None}, {"layer", Fusion::Layer}},
                                     "none: every op goes through DRAM; layer: token tiles stream "
                                     "from block to block through SRAM");
    c.tile_tokens =
        map.take_u32("tile_tokens", 1, 65536, "tokens", "tokens of a tile, per sequence");
    c.time_slack_percent =
        map.take_double("time_slack_percent", 0, 1000, "%",
                        "fusion layer: of the schedules tried, those slower than the fastest by no "
                        "more than this are as good, and the one with the least DRAM traffic runs");
    c.row_skew_banks = map.take_u32(
        "row_skew_banks", 0, 4096, "banks",
        "a row of a tensor in activation_sram begins so many banks further than its length says, "
        "so that a block that walks down some columns meets all banks; 0: as the words follow");
    map.finish();
    return c;
}

ArithmeticConfig ArithmeticConfig::parse(YamlMap map) {
    ArithmeticConfig c;
    c.softplus = map.take_enum<arith::Softplus>(
        "softplus",
        {{"log1p", arith::Softplus::Log1p}, {"log_exp_plus_1", arith::Softplus::LogExpPlus1}},
        "formula of the exact softplus unit");
    c.quamba_quirks = map.take_enum<bool>("quirks", {{"none", false}, {"quamba", true}},
                                          "quamba: int8 results of one-row products and of the "
                                          "Hadamard wrap around as upstream's do, else saturate");
    map.finish();
    return c;
}

ChipConfig ChipConfig::load(const std::string& path, const std::vector<std::string>& overrides,
                            std::vector<KeyDoc>* docs) {
    const std::string file = find_config(path, "chips", "chip");
    const ConfigFiles files(hw_config_folder(file), {"technology", "dram"});
    models::YamlNodePtr tree = files.load(file);
    for (const std::string& assignment : overrides) {
        refuse_scheme(assignment);
        tree = files.override_with(tree, assignment);
    }
    std::vector<KeyDoc> collected;
    YamlMap map(tree, "", &collected);
    ChipConfig chip = parse_chip(map);
    chip.sha256 = hash_of(collected);
    chip.path = file;
    chip.settings = overrides;
    for (const KeyDoc& doc : collected) chip.places[doc.path] = doc.where;
    check_together(chip, tree);
    if (docs != nullptr) *docs = collected;
    chip.keys = std::move(collected);
    return chip;
}

std::string ChipConfig::where(const std::string& key) const {
    const auto place = places.find(key);
    return (place == places.end() ? path : place->second) + ": " + key;
}

}  // namespace mambasic::sim
