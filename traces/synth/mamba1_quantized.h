// A Mamba1 layer as a checkpoint holds it: quantized weights, and the scales of kernels.md 6.3 made
// from what the observers saw.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "traces/mamba1.h"
#include "traces/synth/code_scales.h"
#include "traces/synth/mamba1_calibrate.h"
#include "traces/synth/mamba1_weights.h"
#include "traces/synth/pieces.h"
#include "traces/synth/quantize.h"
#include "traces/synth/stored_linear.h"
#include "traces/synth/stored_table.h"

namespace mambasic::traces::synth {

struct Mamba1Linears {
    StoredLinear in_proj, x_proj, dt_proj, out_proj;
};

class QuantizedMamba1 {
public:
    /// Weights are quantized here; the floats are not needed afterwards.
    QuantizedMamba1(const Dims& dims, Precision precision, const Mamba1Floats& layer,
                    const std::vector<float>& out_proj);

    /// A layer that is quantized already, its channels moved into the grouping's order; those of
    /// the linears have been.
    QuantizedMamba1(const Dims& dims, const Mamba1Layer& layer, const Grouping& grouping,
                    Mamba1Linears linears);

    /// One scale for all channels.
    void set_scales(const Mamba1Observers& observers);
    /// Only those of the conv output, the state and out_proj's input; x_proj knows its own.
    void set_inner_scales(const TargetScales& target, const Grouping& grouping,
                          const Mamba1Observers& observers);

    /// Points into this object, as what add_to adds does.
    Mamba1Layer view() const;
    void add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const;

private:
    void add_conv(Pieces& pieces, const std::string& at) const;
    void add_scan(Pieces& pieces, const std::string& at) const;

    std::vector<arith::Half> norm_;
    Mamba1Linears linears_;
    QuantizedWeight conv_weight_, conv_bias_;
    QuantizedWeight dt_bias_, a_log_, d_;
    std::optional<StoredTable> table_;
    CodeScales code_scales_;
    Mamba1Layer scales_;  // without pointers, tables and linears
};

}  // namespace mambasic::traces::synth
