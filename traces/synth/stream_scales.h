// The int8 streams of a layer besides x and the states: the scale of each, and the codes it makes.
#pragma once

#include <string>
#include <vector>

#include "golden/layer.h"
#include "traces/dims.h"
#include "traces/mamba1.h"
#include "traces/mamba2.h"
#include "traces/synth/code_use.h"

namespace mambasic::traces::synth {

struct StreamScale {
    std::string name;  // "B", "conv input x"
    float lowest = 0;  // of the SSD groups', where they have one each
    float highest = 0;
    /// Codes are all there is of these streams: the ends count whether clamp held them or not.
    CodeUse codes;
};

/// In the order of the layer's ops.
std::vector<StreamScale> stream_scales(const Dims& dims, const Mamba1Layer& layer,
                                       const golden::LayerTensors& made);
std::vector<StreamScale> stream_scales(const Dims& dims, const Mamba2Layer& layer,
                                       const golden::LayerTensors& made);

}  // namespace mambasic::traces::synth
