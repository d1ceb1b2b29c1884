// What the codes of the SSM input cost, layer by layer: the `quality` part of a report.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace mambasic::reports {

/// SQNR against the same layers with an FP32 SSM input (ssm.md 8.2); absent where there is no noise
/// or no signal, or where a sum is not finite.
struct QualityFigures {
    std::optional<double> ssm_input_db;     // Mamba1: u. Mamba2: x, B and C together
    std::optional<double> ssm_input_x_db;   // x alone; in Mamba1 that is u
    std::optional<double> layer_output_db;  // out_proj
};

struct LayerQuality {
    std::uint32_t index = 0;  // in the model
    QualityFigures figures;
};

/// Every layer is given the run's own input and states, so no figure holds what earlier layers
/// lost.
struct QualitySection {
    QualityFigures all;  // signal and noise summed over the layers
    std::vector<LayerQuality> layers;
};

}  // namespace mambasic::reports
