// What must hold between the four modes, and whether it does: the end of the experiment's output,
// and its files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/comparison.h"
#include "sim/same_bits.h"

namespace mambasic::sim {

/// The rows of the experiment, in this order.
struct FourModes {
    const reports::ComparedScheme& baseline;
    const reports::ComparedScheme& simulated;
    const reports::ComparedScheme& fp32;
    const reports::ComparedScheme& dual;
};

class Verdict {
public:
    /// `same`: what the first two modes compute.
    Verdict(const FourModes& modes, const SameBits& same);

    bool all() const;
    std::string text(bool colour) const;
    /// four-modes.json: where the comparison came from, and a row for each thing that must hold.
    std::string json(const reports::Comparison& made) const;

private:
    struct Line {
        std::optional<bool> holds;  // nothing: it cannot fail, and is there for its figures
        std::string what;
    };
    std::vector<Line> lines_;
};

}  // namespace mambasic::sim
