// The network with an FP32 SSM input in every layer, run beside the one with codes from the same
// start, and how far apart the two ends are. Where there is a head it makes logits for every token,
// not for the last one alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "sim/agreement.h"
#include "traces/trace.h"

namespace mambasic::sim {

class NetworkQuality {
public:
    /// `options`: of the twin.
    NetworkQuality(const traces::TraceInfo& info, const golden::Options& options);

    /// What the run with codes was given for a layer, of the first one its input and its states;
    /// runs the twin's.
    template <typename Layer>
    void run_layer(std::uint32_t index, const Layer& layer, const golden::LayerInput& input,
                   const golden::LayerState& before);
    /// Behind the last layer of a step: what the run with codes made of it. `head` may be null.
    void finish_step(const golden::LayerTensors& made, const traces::Head* head);

    /// Absent where no step was finished.
    std::optional<reports::NetworkFigures> result() const;

private:
    void begin(const golden::LayerInput& input);
    void compare_logits(const golden::LayerTensors& made, const traces::Head& head);

    const traces::Dims dims_;
    const bool decode_;
    const float epsilon_;
    const golden::Options options_;
    std::vector<golden::Half> hidden_;
    std::vector<float> residual_;             // empty before layer 0 of the model
    std::vector<golden::LayerState> states_;  // of each layer, as far as decode has met it
    golden::LayerState prefill_state_;
    golden::LayerTensors out_;
    Agreement agreement_;
};

}  // namespace mambasic::sim
