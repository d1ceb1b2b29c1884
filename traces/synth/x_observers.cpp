#include "traces/synth/x_observers.h"

namespace mambasic::traces::synth {

namespace {

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
    : x_cells_(grouping.cells),
      state_cells_(cells_of_states(dims, target, grouping)),
      x_(target.observed_by(), grouping.shape.cells()),
      state_(target.observed_by(), grouping.shape.cells() * state_columns(dims, target)) {}

void XObservers::observe_x(const std::vector<float>& x) { x_.observe(x, x_cells_); }
void XObservers::observe_state(const std::vector<float>& state) {
    state_.observe(state, state_cells_);
}

}  // namespace mambasic::traces::synth
