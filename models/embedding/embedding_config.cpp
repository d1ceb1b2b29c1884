#include "models/embedding/embedding_config.h"

namespace mambasic::models {

EmbeddingConfig EmbeddingConfig::parse(YamlMap map) {
    EmbeddingConfig c;
    c.lanes = map.take_u32("lanes", 1, 4096, "elements/cycle", "elements dequantized together");
    c.pipeline_cycles =
        map.take_u32("pipeline_cycles", 1, 1000, "cycles", "latency from code to FP16");
    map.finish();
    return c;
}

}  // namespace mambasic::models
