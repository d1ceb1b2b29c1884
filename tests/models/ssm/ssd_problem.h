// Random problems for the SSD tests. Rows are padded so that strides differ from widths.
#pragma once

#include "models/ssm/ssd_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models::test {

struct SsdCase {
    std::uint64_t sequences, tokens, heads, head_dim, states;
    std::uint64_t groups = 1;  // SSD groups
    std::uint32_t tree = 16;
    std::uint64_t columns = 0;  // state scales of a cell; 0: one for each state
    arith::Softplus softplus = arith::Softplus::Log1p;
};

struct SsdProblem {
    static constexpr std::uint32_t kCells = 6;
    SsdCase shape;
    std::uint64_t wide, narrow, columns;
    std::vector<std::int8_t> x, dt, bc, a_log, d, state;
    std::vector<arith::Half> dt_bias, y;
    std::vector<float> x_scales, b_scales, c_scales, state_scales, carry;
    std::vector<std::uint32_t> cells;

    SsdProblem(const SsdCase& c, std::uint32_t seed) : shape(c) {
        Random random(seed);
        const std::uint64_t channels = c.heads * c.head_dim;
        const std::uint64_t rows = c.sequences * c.tokens;
        wide = channels + 5;
        narrow = 2 * c.groups * c.states + 3;
        columns = c.columns == 0 ? c.states : c.columns;
        x = random.codes(rows * wide);
        dt = random.codes(rows * wide);
        bc = random.codes(rows * narrow);
        a_log = random.codes(c.heads, -60, 127);
        d = random.codes(c.heads);
        dt_bias = random.halves(c.heads, -4.0F, 2.0F);
        x_scales = random.floats(channels, 0.01F, 0.05F);
        b_scales = random.floats(c.groups, 0.01F, 0.04F);
        c_scales = random.floats(c.groups, 0.01F, 0.04F);
        state_scales = random.floats(kCells * columns, 0.002F, 0.02F);
        for (std::uint64_t i = 0; i < channels; ++i) {
            cells.push_back(static_cast<std::uint32_t>(i * 7 / 3 % kCells));
        }
        state = random.codes(c.sequences * channels * c.states);
        carry = random.floats(c.sequences * channels * c.states, -1.0F, 1.0F);
        y.assign(rows * wide, arith::Half{0x5555});
    }

    SsdTile tile(bool decode, bool last) {
        SsdTile t;
        t.shape = {shape.sequences, shape.tokens, shape.heads,
                   shape.head_dim,  shape.states, shape.heads / shape.groups};
        t.decode = decode;
        t.last_tile = last;
        t.x = {x.data(), wide, wide * shape.tokens};
        t.dt = {dt.data(), wide, wide * shape.tokens};
        t.b = {bc.data(), narrow, narrow * shape.tokens};
        t.c = {bc.data() + shape.groups * shape.states, narrow, narrow * shape.tokens};
        t.weights = {a_log.data(), d.data(), dt_bias.data(), 0.022F, 0.009F, 0.03F};
        t.scales = {x_scales.data(),     b_scales.data(), c_scales.data(),
                    state_scales.data(), cells.data(),    columns};
        t.softplus = shape.softplus;
        t.carry = carry.data();
        t.state = state.data();
        t.state_sequence_stride = t.shape.channels() * shape.states;
        t.y = y.data();
        t.y_stride = wide;
        t.y_sequence_stride = wide * shape.tokens;
        return t;
    }
};

}  // namespace mambasic::models::test
