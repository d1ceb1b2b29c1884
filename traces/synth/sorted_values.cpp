#include "traces/synth/sorted_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambasic::traces::synth {

CodeRange own_range(const XCode& code) {
    if (code.format == XFormat::Int5) return {-16, 15, 15};
    return code.skewed ? CodeRange{-1, 14, 14} : CodeRange{-8, 7, 7};
}

SortedValues::SortedValues(std::vector<float> values)
    : sorted_(std::move(values)), sums_(sorted_.size() + 1), squares_(sorted_.size() + 1) {
    std::sort(sorted_.begin(), sorted_.end());
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
        const auto value = static_cast<double>(sorted_[i]);
        sums_[i + 1] = sums_[i] + value;
        squares_[i + 1] = squares_[i] + value * value;
    }
}

float SortedValues::largest() const {
    if (sorted_.empty()) return 0;
    return std::max(std::fabs(sorted_.front()), std::fabs(sorted_.back()));
}

std::size_t SortedValues::up_to(double bound) const {
    const auto above = std::upper_bound(
        sorted_.begin(), sorted_.end(), bound,
        [](double limit, float value) { return limit < static_cast<double>(value); });
    return static_cast<std::size_t>(above - sorted_.begin());
}

double SortedValues::error_of(std::size_t first, std::size_t end, double decoded) const {
    const auto count = static_cast<double>(end - first);
    return squares_[end] - squares_[first] - 2 * decoded * (sums_[end] - sums_[first]) +
           count * decoded * decoded;
}

// A value half way between two codes is as far from either, so which one takes it is all the same.
double SortedValues::error(double from, double to, double scale, CodeRange range) const {
    const std::size_t end = up_to(to);
    std::size_t first = std::min(up_to(from), end);
    double out = 0;
    for (int code = range.low; code <= range.high && first < end; ++code) {
        const std::size_t next =
            code == range.high ? end : std::clamp(up_to((code + 0.5) * scale), first, end);
        out += error_of(first, next, code * scale);
        first = next;
    }
    return out;
}

double SortedValues::error(double scale, CodeRange range) const {
    constexpr double kAll = std::numeric_limits<double>::infinity();
    return error(-kAll, kAll, scale, range);
}

float least_error_scale(const SortedValues& values, CodeRange range) {
    constexpr int kLeastPercent = 20;
    constexpr int kAllPercent = 100;
    const float largest = values.largest();
    float out = largest / static_cast<float>(range.high);
    double least = std::numeric_limits<double>::infinity();
    for (int percent = kAllPercent; percent >= kLeastPercent; --percent) {
        const float share = static_cast<float>(percent) / static_cast<float>(kAllPercent);
        const float scale = largest * share / static_cast<float>(range.high);
        const double error = values.error(static_cast<double>(scale), range);
        if (error >= least) continue;
        least = error;
        out = scale;
    }
    return out;
}

}  // namespace mambasic::traces::synth
