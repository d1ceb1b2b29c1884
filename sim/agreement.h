// How far rows of figures are from the rows that they should be: SQNR, cosine, and of logits the
// largest one and the divergence of their softmax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "golden/arithmetic.h"
#include "reports/quality_section.h"

namespace mambasic::sim {

/// Sums of squares of a signal and of what was added to it.
struct NoisySignal {
    double signal = 0;
    double noise = 0;

    void add(double wanted, double got);
    void add(const NoisySignal& other);
    std::optional<double> sqnr_db() const;
    /// Why there is no figure: not that nothing, or no number, was summed.
    bool noiseless() const { return signal > 0 && noise == 0; }
};

class Agreement {
public:
    /// `logits`: rows are logits, whose order and softmax count.
    explicit Agreement(bool logits) : logits_(logits) {}

    void add_row(const arith::Half* wanted, const arith::Half* got, std::size_t width);
    std::uint64_t rows() const { return rows_; }
    reports::NetworkFigures figures() const;

private:
    const bool logits_;
    std::uint64_t rows_ = 0;
    std::uint64_t same_top_ = 0;
    NoisySignal powers_;
    double cosines_ = 0;
    double divergences_ = 0;
};

}  // namespace mambasic::sim
