// Static description of what stands between the convolution, the SSM core and x_proj where x is not
// int8: how x_proj gets its codes, and what unpacking them takes.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"
#include "traces/x_code.h"

namespace mambasic::models {

struct DequantMuxConfig {
    traces::XProjInput x_proj_input = traces::XProjInput::Copy;  // Mamba1
    std::uint32_t pipeline_cycles = 0;                           // unpack, select a scale, multiply
    std::uint32_t requantize_cycles = 0;                         // from the FP32 x to x_proj's code
    static DequantMuxConfig parse(YamlMap map);
};

}  // namespace mambasic::models
