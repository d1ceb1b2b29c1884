#include "models/conv/conv_config.h"

namespace mambasic::models {

ConvConfig ConvConfig::parse(YamlMap map) {
    ConvConfig c;
    c.lanes =
        map.take_u32("lanes", 1, 4096, "elements/cycle",
                     "output channels computed together, each with 4 MACs, SiLU and requantizer");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 1, 1000, "cycles",
                                     "latency from operands to code, without the SiLU unit");
    map.finish();
    return c;
}

}  // namespace mambasic::models
