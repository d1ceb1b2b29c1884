// The embedding of a made-up model, quantized row by row as it is drawn.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"
#include "traces/synth/pieces.h"
#include "traces/synth/scheme.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::synth {

class Embedding {
public:
    Embedding(const WeightOptions& weights, Precision precision);

    /// For golden::embed: the embedding of a head, pointing into this object.
    Head head() const;
    void add_to(Pieces& pieces) const;

private:
    std::vector<std::int8_t> codes_;     // [vocab][D]; W4: u - 8
    std::vector<std::uint8_t> nibbles_;  // [vocab][D / 2], W4 only
    std::vector<arith::Half> scales_;    // [vocab]
};

}  // namespace mambasic::traces::synth
