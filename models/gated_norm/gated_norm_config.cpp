#include "models/gated_norm/gated_norm_config.h"

namespace mambasic::models {

GatedNormConfig GatedNormConfig::parse(YamlMap map) {
    GatedNormConfig c;
    c.lanes =
        map.take_u32("lanes", 1, 4096, "elements/cycle",
                     "elements taken together, in each of the two passes over an SSD group's part "
                     "of a row; each lane has a SiLU unit");
    c.sum = Reduction::take(map, "sum", "order of the FP32 sum of squares; it decides bits");
    c.sum_ii_cycles = map.take_u32("sum_ii_cycles", 1, 100, "cycles",
                                   "between dependent additions of the running sum of squares");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 1, 1000, "cycles",
                                     "latency of one pass, without the SiLU and rsqrt units");
    map.finish();
    return c;
}

}  // namespace mambasic::models
