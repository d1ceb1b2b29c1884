#include "models/scale_table/scale_table_config.h"

namespace mambasic::models {

ScaleTableConfig ScaleTableConfig::parse(YamlMap map) {
    ScaleTableConfig c;
    c.word_bytes = map.take_u32("word_bytes", 2, 4, "bytes", "width of one stored scale");
    c.lookup_cycles = map.take_u32("lookup_cycles", 0, 1000, "cycles",
                                   "one lookup, before the pipeline that uses it starts");
    map.finish();
    return c;
}

}  // namespace mambasic::models
