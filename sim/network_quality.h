// The network with an FP32 SSM input in every layer, run beside the one with codes from the same
// start, and how far apart the two ends are. Where there is a head it makes logits of rows spread
// evenly over the tokens, not of the last one alone; of all of them they would cost more than the
// layers of a small network.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "sim/agreement.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// So many logits rows of a trace are compared, or all where it has fewer.
constexpr std::uint64_t kLogitsRows = 32;

/// Of `rows` the kLogitsRows that are spread evenly over them, the last one among them.
bool is_compared(std::uint64_t row, std::uint64_t rows);

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
    void compare_rows(const golden::LayerTensors& made, const traces::Head& head,
                      const std::vector<std::size_t>& rows);

    const traces::Dims dims_;
    const bool decode_;
    const std::uint64_t tokens_;  // of all sequences
    const float epsilon_;
    const golden::Options options_;
    std::vector<golden::Half> hidden_;
    std::vector<float> residual_;             // empty before layer 0 of the model
    std::vector<golden::LayerState> states_;  // of each layer, as far as decode has met it
    golden::LayerState prefill_state_;
    golden::LayerTensors out_;
    std::uint64_t seen_ = 0;  // of the tokens
    Agreement agreement_;
};

}  // namespace mambasic::sim
