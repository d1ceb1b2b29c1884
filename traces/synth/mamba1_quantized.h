// A Mamba1 layer as a checkpoint holds it: quantized weights, and the scales of kernels.md 6.3 made
// from what the observers saw.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/mamba1.h"
#include "traces/synth/mamba1_calibrate.h"
#include "traces/synth/mamba1_weights.h"
#include "traces/synth/pieces.h"
#include "traces/synth/quantize.h"
#include "traces/synth/stored_linear.h"

namespace mambasic::traces::synth {

class QuantizedMamba1 {
public:
    /// Weights are quantized here; the floats are not needed afterwards.
    QuantizedMamba1(const Dims& dims, Precision precision, const Mamba1Floats& layer,
                    const std::vector<float>& out_proj);

    void set_scales(const Mamba1Observers& observers);

    /// Points into this object, as what add_to adds does.
    Mamba1Layer view() const;
    void add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const;

private:
    Dims dims_;
    std::vector<arith::Half> norm_;
    StoredLinear in_proj_, x_proj_, dt_proj_, out_proj_;
    QuantizedWeight conv_weight_, conv_bias_;
    QuantizedWeight dt_bias_, a_log_, d_;
    Mamba1Layer scales_;  // without pointers and linears
};

}  // namespace mambasic::traces::synth
