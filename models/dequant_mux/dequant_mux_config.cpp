#include "models/dequant_mux/dequant_mux_config.h"

namespace mambasic::models {

DequantMuxConfig DequantMuxConfig::parse(YamlMap map) {
    using traces::XProjInput;
    DequantMuxConfig c;
    c.x_proj_input = map.take_enum<XProjInput>(
        "x_proj_input",
        {{"copy", XProjInput::Copy},
         {"requantized", XProjInput::Requantized},
         {"codes", XProjInput::Codes}},
        "Mamba1, where the SSM reads another code than int8: x_proj gets an int8 copy that the "
        "convolution makes, codes made again from the SSM's, or these themselves");
    c.pipeline_cycles = map.take_u32("pipeline_cycles", 0, 1000, "cycles",
                                     "from a word of x to a code and its scale: unpack, select");
    c.requantize_cycles =
        map.take_u32("requantize_cycles", 1, 1000, "cycles",
                     "x_proj_input requantized: from that to an int8 code; a chip whose x is "
                     "FP32 has the same pipeline");
    map.finish();
    return c;
}

}  // namespace mambasic::models
