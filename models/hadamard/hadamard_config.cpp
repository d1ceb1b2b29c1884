#include "models/hadamard/hadamard_config.h"

namespace mambasic::models {

HadamardConfig HadamardConfig::parse(YamlMap map) {
    HadamardConfig c;
    c.lanes = map.take_u32("lanes", 1, 4096, "elements/cycle",
                           "elements that one butterfly or matrix pass takes together");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 1, 1000, "cycles", "latency of one pass");
    c.buffer_kib = map.take_u32("buffer_kib", 1, 4096, "KiB",
                                "FP32 row that the passes work on in place: 4 bytes an element");
    map.finish();
    return c;
}

}  // namespace mambasic::models
