#include "models/scale_table/scale_table_config.h"

namespace mambasic::models {

const char* name_of(LookupKind kind) {
    constexpr const char* kNames[] = {"register", "sequential", "parallel",
                                      "direct",   "code",       "runlength"};
    return kNames[static_cast<std::size_t>(kind)];
}

namespace {

void take_words(ScaleTableConfig& c, YamlMap& map) {
    c.word_bytes = map.take_u32("word_bytes", 4, 64, "bytes",
                                "a word of the table: what one read delivers; an FP32 scale is 4");
    c.range_bytes = map.take_u32("range_bytes", 1, 4, "bytes", "width of a stored group end");
    if ((c.word_bytes & (c.word_bytes - 1)) != 0) {
        map.reject("word_bytes", "must be a power of two");
    }
    if ((c.range_bytes & (c.range_bytes - 1)) != 0) map.reject("range_bytes", "must be 1, 2 or 4");
}

void take_parts(ScaleTableConfig& c, YamlMap& map) {
    c.units = map.take_u32("units", 1, 64, "count",
                           "lookups worked on at once, each unit with its own copy of the table");
    c.parallel_comparators =
        map.take_u32("parallel_comparators", 1, 65536, "count",
                     "kind parallel only: group ends that one unit compares in a cycle");
    c.parallel_banks = map.take_u32("parallel_banks", 1, 256, "count",
                                    "kind parallel only: banks of a unit's table, each a word "
                                    "in a cycle");
    c.largest_bank_kib = map.take_u32("largest_bank_kib", 1, 65536, "KiB",
                                      "tables above this are split into several banks");
}

}  // namespace

ScaleTableConfig ScaleTableConfig::parse(YamlMap map) {
    ScaleTableConfig c;
    take_words(c, map);
    c.lookup_cycles =
        map.take_u32("lookup_cycles", 0, 1000, "cycles",
                     "one read of the register, or of the table (there it takes one at least)");
    take_parts(c, map);
    c.loop_order = map.take_enum<LoopOrder>(
        "loop_order",
        {{"channel_major", LoopOrder::ChannelMajor}, {"token_major", LoopOrder::TokenMajor}},
        "is a channel looked up once a tile, or once for each of the tile's tokens?");
    c.residency = map.take_enum<TableResidency>(
        "residency",
        {{"all_layers", TableResidency::AllLayers}, {"per_layer", TableResidency::PerLayer}},
        "are the tables of all layers on chip, or of two: the one at work and the next?");
    c.capacity_kib = map.take_u32("capacity_kib", 1, 1048576, "KiB",
                                  "the most that the tables of a scheme may need on this chip");
    map.finish();
    return c;
}

}  // namespace mambasic::models
