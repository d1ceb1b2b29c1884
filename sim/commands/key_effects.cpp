#include "sim/commands/key_effects.h"

#include <array>

namespace mambasic::sim {
namespace {

struct Effect {
    const char* pattern;  // '*' stands for one name
    const char* text;
};

// The general first: the last pattern that begins a key tells its effect.
constexpr std::array<Effect, 136> kEffects = {{
    {"name", "the chip's name in reports; no figure"},
    {"clock_ghz", "cycles of DRAM transfers, the time of every cycle, energy by leakage"},
    {"schedule", "cycles, DRAM bytes, energy: the order of the work"},
    {"schedule.row_skew_banks",
     "cycles of tiles whose operands lie in few banks: the count "
     "bank_conflict_cycles of activation_sram"},
    {"arithmetic.softplus", "bits of scan (golden follows)"},
    {"arithmetic.quirks",
     "bits of one-row products and of had where they saturate (golden follows)"},
    {"technology.name", "the card's name in reports; no figure"},
    {"technology.node_nm", "no figure: the figures are stated for the node, not scaled from it"},
    {"voltage_v", "energy; which clocks are accepted"},
    {"technology.voltage", "energy, where voltage_v is not nominal"},
    {"technology.voltage.lowest_v", "no figure: which voltages are accepted"},
    {"technology.voltage.highest_v", "no figure: which voltages are accepted"},
    {"technology.voltage.delay_v0", "no figure: which clocks are accepted"},
    {"technology.voltage.delay_v1", "no figure: which clocks are accepted"},
    {"technology.voltage.delay_v2", "no figure: which clocks are accepted"},
    {"technology.voltage.delay_v3", "no figure: which clocks are accepted"},
    {"technology.voltage.polynomial_source", "no figure"},
    {"technology.voltage.leakage_exponent", "energy by leakage, where voltage_v is not nominal"},
    {"technology.delay_ns", "no figure: which clocks are accepted"},
    {"technology.placement_delay", "no figure: which clocks are accepted"},
    {"technology.plausible", "no figure: which reports are doubted"},
    {"technology.energy_pj", "energy"},
    {"technology.energy_pj.quantize_int4", "energy, where x has 4 or 5 bits"},
    {"technology.energy_pj.register_word",
     "energy, where dequant_mux.x_proj_input is codes and x has flags"},
    {"technology.energy_pj.int4_mac",
     "energy, where weights have 4 bits and gemm.int4_macs_per_mac is 2"},
    {"technology.area_um2", "area"},
    {"technology.area_um2.int8_mac_pe", "area, where gemm.int4_macs_per_mac is 1"},
    {"technology.area_um2.packed_mac_pe", "area, where gemm.int4_macs_per_mac is 2"},
    {"technology.area_um2.quantize4_unit", "area, where x has 4 or 5 bits"},
    {"technology.area_um2.rom_bit", "area, where a nonlinear unit is a table or a polynomial"},
    {"technology.sram", "energy of scratchpad and row buffer accesses"},
    {"technology.sram.macro_area_mm2", "area of scratchpads and stores, energy of their wires"},
    {"technology.sram.area_mm2_per_kib", "area of scratchpads and stores, energy of their wires"},
    {"technology.sram.area_um2_per_word_bit",
     "area of scratchpads and stores, energy of their wires"},
    {"technology.sram.dual_port_area", "area of scratchpads and stores, energy of their wires"},
    {"technology.sram.access_ns_1kib", "no figure: which clocks are accepted"},
    {"technology.sram.access_exponent", "no figure: which clocks are accepted"},
    {"technology.sram.dual_port_access", "no figure: which clocks are accepted"},
    {"technology.sram.leakage_mw_per_mib", "energy by leakage"},
    {"technology.sram.dual_port_leakage", "energy by leakage"},
    {"technology.sram.flipflop_bytes", "energy and area of stores with small banks"},
    {"technology.sram.flipflop_access_ns", "no figure: which clocks are accepted"},
    {"technology.logic_utilization", "area of logic"},
    {"dram",
     "cycles of every transfer to and from the chip; energy of the DRAM, by the rows it opens; by "
     "the peak bandwidth, how many tiles go together and so DRAM bytes"},
    {"dram.stream",
     "cycles and energy, by how many tiles go together and so DRAM bytes; with dram.model stream, "
     "cycles of every transfer"},
    {"dram.energy", "energy of every burst to and from the chip"},
    {"dram.name", "the memory's name in reports; no figure"},
    {"dram.energy.activate_pj", "energy of the DRAM, beside that of the ops"},
    {"dram.energy.refresh_pj", "energy of the DRAM, beside that of the ops"},
    {"dma", "cycles of transfers"},
    {"dma.bytes_per_cycle", "cycles of transfers, area of the chunk buffers"},
    {"dma.chunk_bytes", "cycles of transfers, area of the chunk buffers"},
    {"weight_sram", "cycles of tiles that wait for its ports, energy of a byte, area"},
    {"weight_sram.capacity_kib", "cycles, DRAM bytes, energy, area: what weights fit on chip"},
    {"weight_sram.word_bytes",
     "cycles of tiles that wait for its ports, energy of a byte, area; busy time of the ports"},
    {"weight_sram.access_cycles", "no figure: which clocks are accepted"},
    {"activation_sram", "cycles of tiles that wait for its ports, energy of a byte, area"},
    {"activation_sram.capacity_kib", "cycles, DRAM bytes, energy, area: what fits on chip"},
    {"activation_sram.word_bytes",
     "cycles of tiles that wait for its ports, energy of a byte, area; busy time of the ports"},
    {"activation_sram.access_cycles", "no figure: which clocks are accepted"},
    {"gemm", "cycles of in_proj, x_proj, dt_proj, out_proj and lm_head; energy, area"},
    {"gemm.cols",
     "cycles of in_proj, x_proj, dt_proj, out_proj and lm_head; DRAM bytes, energy, area"},
    {"gemm.weight_buffer", "cycles of in_proj, x_proj, dt_proj, out_proj and lm_head; area"},
    {"gemm.one_row", "cycles and energy of products of one row (decode), area"},
    {"gemm.vector_adder_tree_width", "cycles and energy of products of one row (decode), area"},
    {"gemm.epilogue_lanes", "cycles of in_proj, x_proj, dt_proj, out_proj and lm_head; area"},
    {"gemm.epilogue_latency_cycles", "cycles of in_proj, x_proj, dt_proj, out_proj and lm_head"},
    {"gemm.int4_weights", "area; which traces are accepted"},
    {"gemm.int4_macs_per_mac", "area; cycles and energy of products, where weights have 4 bits"},
    {"norm", "cycles of norm and norm_f"},
    {"norm.lanes", "cycles of norm and norm_f, area"},
    {"norm.sum", "bits of norm and norm_f (golden follows), their cycles, area"},
    {"conv.lanes", "cycles of conv1d, area"},
    {"conv.pipeline_cycles", "cycles of conv1d"},
    {"gated_norm", "cycles of gated_norm, which Mamba2 has; area"},
    {"gated_norm.pipeline_cycles", "cycles of gated_norm, which Mamba2 has"},
    {"gated_norm.sum",
     "bits of gated_norm (golden follows), its cycles, area; by these cycles, how many tiles go "
     "together and so DRAM bytes and energy"},
    {"scale_table", "cycles of conv1d and scan that wait for lookups, energy, area"},
    {"scale_table.word_bytes",
     "cycles that wait for lookups, energy, area: words are filled whole"},
    {"scale_table.range_bytes",
     "cycles that wait for lookups, energy, area, DRAM bytes: the size of a group end"},
    {"scale_table.lookup_cycles", "cycles of conv1d and scan in front of their tiles"},
    {"scale_table.residency", "cycles, DRAM bytes, energy, area: tables fetched once or again"},
    {"scale_table.capacity_kib", "no figure: which tables are accepted"},
    {"dequant_mux.pipeline_cycles",
     "cycles of scan, and of x_proj where it unpacks x, where x is in words (dual8, dual4, int5)"},
    {"dequant_mux.requantize_cycles",
     "cycles of x_proj, where x_proj_input is requantized and x is neither int8 nor uniform8"},
    {"dequant_mux.x_proj_input",
     "where x of a Mamba1 is not int8: bits from x_proj on (golden follows), cycles, DRAM bytes, "
     "energy, area"},
    {"rotation", "cycles of rotate and unrotate, area, where a scheme rotates x"},
    {"rotation.butterfly_lanes",
     "where a scheme rotates x by a Hadamard matrix: cycles of rotate and unrotate, energy of the "
     "row buffer, area"},
    {"rotation.buffer_kib",
     "where a scheme rotates x by a Hadamard matrix: energy, area of the row buffer; the widest "
     "row that is taken"},
    {"rotation.fma_lanes",
     "where a scheme rotates x by a matrix of the trace: cycles of rotate and unrotate, energy, "
     "area; by these cycles, how many tiles go together and so DRAM bytes"},
    {"rotation.recurrence_ii_cycles",
     "where a scheme rotates x by a matrix of the trace: cycles of rotate and unrotate, energy, "
     "area"},
    {"rotation.quantize_lanes",
     "where a scheme rotates x: cycles of rotate by a Hadamard matrix, area"},
    {"rotation.quantize_cycles", "cycles of rotate, where a scheme rotates x"},
    {"nonlinear.exp", "cycles of scan; energy, area"},
    {"nonlinear.softplus", "cycles of scan; energy, area"},
    {"nonlinear.silu", "cycles of conv1d and, by the gate, of scan; energy, area"},
    {"nonlinear.rsqrt", "cycles of norm and norm_f; energy, area"},
    {"nonlinear.exp.kind", "bits of scan; energy, area; the unit's error in the report"},
    {"nonlinear.softplus.kind", "bits of scan; energy, area; the unit's error in the report"},
    {"nonlinear.silu.kind",
     "bits of conv1d and of scan's gate; energy, area; the unit's error in the report"},
    {"nonlinear.rsqrt.kind",
     "bits of norm and norm_f; energy, area; the unit's error in the report"},
    {"nonlinear.*.table_entries",
     "with kind table alone: bits, energy, area, the unit's error in the report"},
    {"nonlinear.*.polynomial_degree",
     "with kind polynomial alone: bits, energy, area, the unit's error in the report"},
    {"nonlinear.exp.latency_cycles", "cycles of scan"},
    {"nonlinear.softplus.latency_cycles", "cycles of scan"},
    {"nonlinear.silu.latency_cycles", "cycles of conv1d"},
    {"nonlinear.rsqrt.latency_cycles", "cycles of norm and norm_f"},
    {"ssm", "cycles of scan where they bind it, area"},
    {"ssm.channel_lanes", "cycles of scan where they bind it, energy of a state access, area"},
    {"ssm.state_lanes", "cycles of scan where they bind it, energy of a state access, area"},
    {"ssm.pipeline_cycles", "cycles of scan"},
    {"ssm.ssd_sum", "bits and energy of Mamba2's scan (golden follows), area"},
    {"ssm.sum", "bits of scan (golden follows), area"},
    {"ssm.state_residency", "cycles, DRAM bytes, energy of scan"},
    {"ssm.state_store_kib", "cycles, DRAM bytes, energy of scan, area: which states stay on chip"},
    {"hadamard.lanes", "cycles of had, energy of the row buffer, area"},
    {"hadamard.pipeline_cycles", "cycles of had"},
    {"hadamard.buffer_kib", "energy, area of the row buffer; the widest row that had takes"},
    {"embedding", "cycles of the embedding, area"},
    {"scheme", "what is coded how between conv1d and scan; another one is --scheme FILE"},
    {"scheme.name", "the scheme's name in reports; no figure"},
    {"scheme.groups", "bits from conv1d on; cycles, energy, area, DRAM bytes of the tables"},
    {"scheme.lookup", "cycles of conv1d and scan that wait for lookups, energy, area, DRAM bytes"},
    {"scheme.observer",
     "bits and SQNR where compare or trace group calibrates scales (cycles only as far as later "
     "layers' groups then end elsewhere); nothing where a trace's own scales are used"},
    {"scheme.alpha", "as scheme.observer"},
    {"scheme.sigma", "as scheme.observer, where a trace holds several sequences"},
    {"scheme.observes", "as scheme.observer"},
    {"scheme.code",
     "bits from conv1d on; cycles, DRAM bytes, energy, area of what carries x to the SSM"},
    {"scheme.levels", "bits from conv1d on"},
    {"scheme.flag_rule", "bits from conv1d on; energy, area of the quantizer"},
    {"scheme.quantile", "as scheme.observer"},
    {"scheme.factor", "bits from conv1d on; by dual4, where a trace is calibrated"},
    {"scheme.flags", "DRAM bytes, cycles, energy; bits, where a list has no room"},
    {"scheme.rotation", "bits from conv1d on; cycles, DRAM bytes, energy, area of what turns x"},
    {"scheme.sparse_percent", "DRAM bytes, cycles, energy; bits, where a list has no room"},
    {"scheme.layers", "what its schemes change, each in its layers"},
}};

// "a.b.c" gives "a" and leaves "b.c".
std::string take_name(std::string& path) {
    const std::size_t dot = path.find('.');
    std::string name = path.substr(0, dot);
    path = dot == std::string::npos ? "" : path.substr(dot + 1);
    return name;
}

bool begins(std::string pattern, std::string key) {
    while (!pattern.empty()) {
        const std::string wanted = take_name(pattern);
        const std::string name = take_name(key);
        if (name.empty() || (name != wanted && wanted != "*")) return false;
    }
    return true;
}

}  // namespace

std::string effect_of(const std::string& key) {
    std::string text;
    for (const Effect& effect : kEffects) {
        if (begins(effect.pattern, key)) text = effect.text;
    }
    return text;
}

}  // namespace mambasic::sim
