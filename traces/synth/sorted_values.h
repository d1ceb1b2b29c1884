// Which scale's codes are nearest to what was seen. Sorted values with running sums give the error
// of a code without another pass over them; 20 bytes are held for each value.
#pragma once

#include <cstddef>
#include <vector>

#include "traces/x_code.h"

namespace mambasic::traces::synth {

/// The codes of a format, and what of its magnitude an observer lays on its largest value.
struct CodeRange {
    int low = -128;
    int high = 127;
    float divisor = 127;  // high, or less where room is left above
};
constexpr CodeRange kInt8Range{};

/// Of the codes that have scales of their own.
CodeRange own_range(const XCode& code);

class SortedValues {
public:
    explicit SortedValues(std::vector<float> values);

    float largest() const;  // magnitude; 0 where there are none
    /// Sum of (value - scale * code)^2, the code being the nearest of low to high, over the values
    /// above `from` and up to `to`.
    double error(double from, double to, double scale, CodeRange range) const;
    double error(double scale, CodeRange range) const;

private:
    std::size_t up_to(double bound) const;  // how many values are <= bound
    double error_of(std::size_t first, std::size_t end, double decoded) const;

    std::vector<float> sorted_;
    std::vector<double> sums_, squares_;  // [i]: of the first i
};

/// Of the 81 shares 0.20, 0.21 ... 1.00 of largest / high, the one with the least squared error.
/// 0 where every value is 0.
float least_error_scale(const SortedValues& values, CodeRange range);

}  // namespace mambasic::traces::synth
