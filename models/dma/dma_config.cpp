#include "models/dma/dma_config.h"

namespace mambasic::models {

DmaConfig DmaConfig::parse(YamlMap map) {
    DmaConfig c;
    c.bytes_per_cycle = map.take_u32("bytes_per_cycle", 1, 65536, "bytes/cycle",
                                     "width of the load engine and of the store engine");
    c.chunk_bytes = map.take_u32("chunk_bytes", 64, 16777216, "bytes",
                                 "a transfer yields the DRAM to the other engine after this much");
    c.setup_cycles =
        map.take_u32("setup_cycles", 0, 10000, "cycles", "from descriptor to first request");
    map.finish();
    if (c.chunk_bytes % 64 != 0)
        map.reject("chunk_bytes", "must be a multiple of 64 (a DRAM burst)");
    return c;
}

}  // namespace mambasic::models
