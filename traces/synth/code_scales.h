// The scales of a code of x that has some of its own (golden/spec/ssm.md 8.5, 8.6, 8.9), cell by
// cell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/observer.h"
#include "traces/synth/pieces.h"
#include "traces/x_code.h"

namespace mambasic::traces::synth {

/// Empty where the code has no such scale.
struct CodeScales {
    std::vector<float> low, high, threshold;
    const std::uint16_t* rotation = nullptr;  // of the trace, not of the layer: not added

    /// Points into this object, as what add_to adds does.
    XScales view() const;
    /// `conv` is what the keys begin with.
    void add_to(Pieces& pieces, const std::string& conv) const;
};

/// Dual4's numbers for the values of one cell, all samples together.
struct Split {
    float threshold = 0;
    float low = 0;
    float high = 0;
};
/// T is the quantile that `how` names and the high scale the maximum's, or so many times the low
/// one.
Split split_of(const std::vector<float>& values, const XCode& code, const Observation& how);
/// The pair with the least squared error of ten quantiles for T, and fifteen high scales: the
/// maximum's, or the low one times a factor that leaves no flagged value 0.
Split least_error_split(const std::vector<float>& values, const XCode& code);

}  // namespace mambasic::traces::synth
