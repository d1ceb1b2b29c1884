// Element-for-element comparison of a tensor that arrives in pieces. Equal means equal bits: -0 is
// not +0, and a NaN equals only its own bit pattern.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/report.h"
#include "traces/tensor.h"

namespace mambasic::sim {

/// Whether to keep, besides mismatches, how far off elements are: SQNR and histogram.
enum class Distances { Off, On };

class TensorComparison {
public:
    /// `shape` is the whole tensor's, over all steps.
    TensorComparison(std::string name, traces::DType dtype, std::vector<std::uint64_t> shape,
                     Distances distances);

    /// `count` elements, the first of which stands at flat index `first` of the whole tensor.
    void add(const void* got, const void* want, std::uint64_t count, std::uint64_t first,
             std::uint32_t step);

    reports::CheckTensor result() const;

private:
    template <typename T>
    void add_as(const T* got, const T* want, std::uint64_t count, std::uint64_t first,
                std::uint32_t step);
    void note_first(std::uint64_t index, std::uint32_t step);

    const traces::DType dtype_;
    const std::vector<std::uint64_t> shape_;
    const Distances distances_;
    reports::CheckTensor result_;
    double signal_ = 0;  // sum of squares of the reference, finite elements only
    double noise_ = 0;   // of the difference
};

}  // namespace mambasic::sim
