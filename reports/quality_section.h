// What the codes of the SSM input cost, layer by layer and at the network's end: the `quality` part
// of a report.
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
    // No figure because there is a signal and no noise, not because there is no ratio.
    bool ssm_input_noiseless = false;
    bool layer_output_noiseless = false;
};

struct LayerQuality {
    std::uint32_t index = 0;  // in the model
    QualityFigures figures;
};

/// What the whole network makes, against the one with an FP32 SSM input in every layer, which has
/// its own hidden rows and states from the first layer on: what earlier layers lost is in it.
struct NetworkFigures {
    bool logits = false;                   // of the head; else the last layer's output
    std::uint64_t rows = 0;                // one for each token
    std::optional<double> sqnr_db;         // as above
    std::optional<double> cosine;          // mean over the rows
    std::optional<double> top1_agreement;  // share of rows with the same largest logit
    std::optional<double> kl_nats;         // mean over the rows, of softmax(FP32) to softmax(codes)
    bool noiseless = false;                // as above: the network makes what its FP32 twin makes
};

/// Of the codes of x, over all layers and tokens (ssm.md 8).
struct CodeCounts {
    std::uint64_t elements = 0;
    std::uint64_t saturated = 0;
    std::uint64_t flagged = 0;
};

/// In `layers` and `all` every layer is given the run's own input and states, so those figures
/// hold nothing of what earlier layers lost.
struct QualitySection {
    QualityFigures all;  // signal and noise summed over the layers
    std::vector<LayerQuality> layers;
    CodeCounts x;
    std::optional<NetworkFigures> network;  // absent where the last layer did not run
};

}  // namespace mambasic::reports
