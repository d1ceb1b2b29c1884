#include "models/sram/sram_config.h"

namespace mambasic::models {

SramConfig SramConfig::parse(YamlMap map) {
    SramConfig c;
    c.capacity_kib = map.take_u32("capacity_kib", 1, 1048576, "KiB", "size of the scratchpad");
    c.banks = map.take_u32("banks", 1, 4096, "count", "banks that work in parallel");
    c.word_bytes =
        map.take_u32("word_bytes", 1, 256, "bytes", "what one port of one bank moves in a cycle");
    c.ports_per_bank = map.take_u32("ports_per_bank", 1, 2, "count",
                                    "1: read or write; 2: one read and one write in a cycle");
    c.access_cycles = map.take_u32("access_cycles", 1, 16, "cycles",
                                   "address to data of a bank, which takes an access every cycle; "
                                   "blocks' pipelines have it in");
    map.finish();
    if (c.capacity_kib % c.banks != 0) {
        map.reject("capacity_kib", "must be a multiple of banks (" + std::to_string(c.banks) + ")");
    }
    return c;
}

}  // namespace mambasic::models
