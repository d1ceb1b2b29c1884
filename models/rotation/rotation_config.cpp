#include "models/rotation/rotation_config.h"

namespace mambasic::models {

RotationConfig RotationConfig::parse(YamlMap map) {
    RotationConfig c;
    c.butterfly_lanes = map.take_u32(
        "butterfly_lanes", 1, 4096, "elements/cycle",
        "rotation hadamard: elements that one butterfly or matrix pass takes together");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 1, 1000, "cycles",
                                     "latency of one pass, or of what follows a sum's last term");
    c.buffer_kib =
        map.take_u32("buffer_kib", 1, 4096, "KiB",
                     "rotation hadamard: FP32 row that the passes work on in place, 4 bytes an "
                     "element");
    c.fma_lanes = map.take_u32("fma_lanes", 1, 65536, "fma/cycle",
                               "rotation dense: FP32 multiply-adds by the matrix, each lane one");
    c.recurrence_ii_cycles =
        map.take_u32("recurrence_ii_cycles", 1, 64, "cycles",
                     "rotation dense: latency of a lane's fma, which its next term of the same sum "
                     "waits for; as many sums take turns");
    c.quantize_lanes = map.take_u32("quantize_lanes", 1, 4096, "elements/cycle",
                                    "rotated elements divided by their scale and rounded");
    c.quantize_cycles =
        map.take_u32("quantize_cycles", 1, 1000, "cycles", "latency of that division and rounding");
    map.finish();
    return c;
}

}  // namespace mambasic::models
