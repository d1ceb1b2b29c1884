// The keys of a chip that no plain run tells apart, each with the reason.
#pragma once

#include <map>
#include <set>
#include <string>

namespace mambasic::e2e {

using Names = std::set<std::string>;

// Keys that act only together with another one.
inline const std::map<std::string, std::string> kTogether = {
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
inline const Names kBitsOnly = {"arithmetic.softplus", "arithmetic.quirks"};

// Keys that change no output, each with its reason.
inline const std::map<std::string, std::string> kSilent = {
    {"name", "names the chip; only provenance.chip could show it"},
    {"schedule.time_slack_percent",
     "chooses among schedules of longer prompts: Trends in sim_engine_test"},
    {"schedule.row_skew_banks",
     "binds where columns lie in few banks and these are narrow: Trends in sim_engine_test"},
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
    {"scale_table.largest_bank_kib",
     "the tables here are smaller: ScaleTableCost in models_config_test"},
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

}  // namespace mambasic::e2e
