#include "models/ssm/ssm_config.h"

namespace mambasic::models {

namespace {

void take_units(SsmConfig& c, YamlMap& map) {
    c.channel_lanes = map.take_u32("channel_lanes", 1, 4096, "count", "channels updated together");
    c.state_lanes =
        map.take_u32("state_lanes", 1, 256, "count", "states of one channel updated together");
    c.exp_units = map.take_u32("exp_units", 1, 65536, "count",
                               "exponentials started per cycle, in the whole core");
    c.softplus_units = map.take_u32("softplus_units", 1, 4096, "count",
                                    "softplus started per cycle, in the whole core");
    c.silu_units = map.take_u32("silu_units", 1, 4096, "count",
                                "SiLU of the gate started per cycle, in the whole core");
}

}  // namespace

SsmConfig SsmConfig::parse(YamlMap map) {
    SsmConfig c;
    take_units(c, map);
    c.recurrence_ii_cycles = map.take_u32("recurrence_ii_cycles", 1, 100, "cycles",
                                          "between dependent updates of one state");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 1, 1000, "cycles",
                                     "operands to y, without the exp and softplus units");
    c.sum = Reduction::take(map, "sum", "order of the FP32 sum over states; it decides bits");
    c.ssd_sum = Reduction::take(map, "ssd_sum",
                                "the same in Mamba2's recurrence, where a head has 128 states");
    c.state_residency = map.take_enum<StateResidency>(
        "state_residency",
        {{"on_chip", StateResidency::OnChip}, {"spilled", StateResidency::Spilled}},
        "where the state of a layer lives between two tiles of it, in decode between two tokens");
    c.state_store_kib =
        map.take_u32("state_store_kib", 1, 1048576, "KiB",
                     "store for FP32 states: 4 bytes for each channel, state and sequence");
    map.finish();
    if (c.sum.tree_width > c.state_lanes) {
        map.reject("sum",
                   "the adder tree lies across the state lanes, so W must not exceed "
                   "state_lanes (" +
                       std::to_string(c.state_lanes) + ")");
    }
    if (c.ssd_sum.tree_width > c.state_lanes && c.ssd_sum.tree_width % c.state_lanes != 0) {
        map.reject("ssd_sum",
                   "a tree that takes several cycles is made of whole sums of the state lanes, so "
                   "state_lanes (" +
                       std::to_string(c.state_lanes) + ") must divide W");
    }
    return c;
}

}  // namespace mambasic::models
