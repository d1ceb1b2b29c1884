#include "traces/synth/x_observers.h"

#include <algorithm>

#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

constexpr float kOutlierAwareCodes = 120;  // of int8's 127, so that more than was seen has room

std::size_t state_columns(const Dims& dims, const TargetScales& target) {
    return target.scheme == Scheme::Quamba2 ? dims.d_state : 1;
}

std::vector<std::uint32_t> cells_of_states(const Dims& dims, const TargetScales& target,
                                           const Grouping& grouping) {
    const std::size_t columns = state_columns(dims, target);
    std::vector<std::uint32_t> out;
    out.reserve(grouping.cells.size() * dims.d_state);
    for (const std::uint32_t cell : grouping.cells) {
        for (std::size_t n = 0; n < dims.d_state; ++n) {
            out.push_back(static_cast<std::uint32_t>(cell * columns + n % columns));
        }
    }
    return out;
}

}  // namespace

XObservers::XObservers(const Dims& dims, const TargetScales& target, const Grouping& grouping)
    : how_(target.observed_by()),
      code_(target.x_code),
      x_cells_(grouping.cells),
      state_cells_(cells_of_states(dims, target, grouping)),
      x_(how_, grouping.shape.cells(), code_.format == XFormat::Dual4),
      state_(how_, grouping.shape.cells() * state_columns(dims, target)),
      matrix_(target.rotation),
      rotated_(how_, 1) {
    XScales scales;
    scales.rotation = matrix_;
    if (code_.rotated()) rotation_.emplace(code_, scales, dims.d_inner);
}

CodeRange XObservers::int8_range() const {
    CodeRange range = kInt8Range;
    if (how_.observer == Observer::OutlierAware) range.divisor = kOutlierAwareCodes;
    return range;
}

std::vector<float> XObservers::x_scales() const { return x_.scales(int8_range()); }

CodeScales XObservers::code_scales() const {
    CodeScales out;
    if (code_.format == XFormat::Int5) out.low = x_.scales(own_range(code_));
    if (code_.rotated()) {
        out.low = rotated_.scales(int8_range());
        out.rotation = matrix_;
    }
    if (code_.format != XFormat::Dual4) return out;
    for (const std::vector<float>& values : x_.values()) {
        const Split numbers = split(values);
        out.low.push_back(numbers.low);
        out.high.push_back(numbers.high);
        if (code_.rule == FlagRule::Threshold) out.threshold.push_back(numbers.threshold);
    }
    return out;
}

Split XObservers::split(const std::vector<float>& values) const {
    return how_.observer == Observer::Mse ? least_error_split(values, code_)
                                          : split_of(values, code_, how_);
}

std::vector<float> XObservers::rotated(const std::vector<float>& x) const {
    const std::size_t width = x_cells_.size();
    const std::size_t rows = x.size() / width;
    std::vector<float> out(x.size());
#pragma omp parallel for schedule(static) if (x.size() >= kWorthThreads)
    for (std::size_t row = 0; row < rows; ++row) {
        const std::vector<float> r = rotation_->forward(x.data() + row * width);
        std::copy(r.begin(), r.end(), out.begin() + static_cast<std::ptrdiff_t>(row * width));
    }
    return out;
}

void XObservers::observe_x(const std::vector<float>& x) {
    x_.observe(x, x_cells_);
    if (rotation_) rotated_.observe(rotated(x), {0});
}
void XObservers::observe_state(const std::vector<float>& state) {
    state_.observe(state, state_cells_);
}

}  // namespace mambasic::traces::synth
