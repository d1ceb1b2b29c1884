#include "traces/synth/out_proj.h"

#include "traces/synth/float_ops.h"

namespace mambasic::traces::synth {

std::vector<float> unrotated_out_proj(const Linear& linear) {
    std::vector<float> out(std::size_t{linear.n} * linear.k);
    for (std::size_t n = 0; n < linear.n; ++n) {
        const float step = linear.kind == LinearKind::W4 ? linear.column[n] : linear.b;
        for (std::size_t k = 0; k < linear.k; ++k) {
            out[n * linear.k + k] = static_cast<float>(linear.weight[n * linear.k + k]) * step;
        }
    }
    return float_hadamard(out, linear.k, Rotation::Back);
}

void reorder_and_rotate(const Grouping& grouping, std::vector<float>& out_proj) {
    reorder_columns(grouping.channels, out_proj);
    out_proj = float_hadamard(out_proj, grouping.channels.size());
}

}  // namespace mambasic::traces::synth
