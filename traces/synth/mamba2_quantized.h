// A Mamba2 layer as a checkpoint holds it: quantized weights, and the scales of kernels.md 6.3 made
// from what the observers saw.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/mamba2.h"
#include "traces/synth/code_scales.h"
#include "traces/synth/grouping.h"
#include "traces/synth/mamba2_calibrate.h"
#include "traces/synth/mamba2_weights.h"
#include "traces/synth/pieces.h"
#include "traces/synth/quantize.h"
#include "traces/synth/stored_linear.h"
#include "traces/synth/stored_table.h"

namespace mambasic::traces::synth {

class QuantizedMamba2 {
public:
    /// Weights are quantized here; the floats are not needed afterwards. They and `out_proj`, which
    /// is rotated, stand in the grouping's order.
    QuantizedMamba2(const Dims& dims, Precision precision, const Mamba2Floats& layer,
                    const std::vector<float>& out_proj);

    /// A layer that is quantized already, its heads and channels moved into the grouping's order;
    /// in_proj has been, and out_proj is quantized anew.
    QuantizedMamba2(const Dims& dims, const Mamba2Layer& layer, const Grouping& grouping,
                    StoredLinear in_proj, StoredLinear out_proj);

    void set_scales(const Grouping& grouping, const Mamba2Observers& observers);
    /// Only those of the conv output, the state and out_proj's input.
    void set_inner_scales(const Grouping& grouping, const Mamba2Observers& observers);

    /// Points into this object, as what add_to adds does.
    Mamba2Layer view() const;
    void add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const;

private:
    void quantize_conv(const Mamba2Floats& layer);
    void add_conv(Pieces& pieces, const std::string& at) const;
    void add_ssd(Pieces& pieces, const std::string& at) const;

    Dims dims_;
    std::vector<arith::Half> norm_, dt_bias_, gated_norm_;
    StoredLinear in_proj_, out_proj_;
    std::vector<std::int8_t> conv_weight_, conv_bias_;
    QuantizedWeight a_log_, d_;
    StoredTable table_;
    CodeScales code_scales_;
    std::vector<float> b_scales_, c_scales_;
    Mamba2Layer scales_;  // without pointers, tables and linears
};

}  // namespace mambasic::traces::synth
