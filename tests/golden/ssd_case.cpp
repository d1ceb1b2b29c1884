#include "tests/golden/ssd_case.h"

#include <cmath>

#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

traces::Dims dims_of(const SsdShape& shape) {
    traces::Dims dims;
    dims.family = traces::Family::Mamba2;
    dims.heads = shape.heads;
    dims.head_dim = shape.head_dim;
    dims.groups = shape.groups;
    dims.d_inner = shape.heads * shape.head_dim;
    dims.d_state = shape.states;
    return dims;
}

}  // namespace

SsdCase::SsdCase(const SsdShape& s, std::uint32_t seed) : shape(s) {
    std::mt19937 rng(seed);
    const std::size_t rows = std::size_t{s.batch} * s.tokens;
    const std::size_t bc = std::size_t{s.groups} * s.states;
    const std::size_t columns = channels() + 2 * bc;
    made = RandomGroups(rng, dims_of(s), s.table, s.table.cells() == 1 ? 1 : s.states);
    scales = std::make_unique<GroupScales>(dims_of(s), made.table);
    xbc = random_codes(rng, rows * columns);
    dt_codes = random_codes(rng, rows * (s.heads + 3));
    a_log = random_codes(rng, s.heads, 0, 127);
    d_codes = random_codes(rng, s.heads);
    for (const float v : random_floats(rng, s.heads, 1.5F)) {
        dt_bias.push_back(arith::to_half(v - 4.0F));
    }
    for (std::uint32_t g = 0; g < s.bc_scales; ++g) {
        b_scales.push_back(0.0173F + 0.0021F * static_cast<float>(g));
        c_scales.push_back(0.0191F - 0.0013F * static_cast<float>(g));
    }
    params.heads = s.heads;
    params.head_dim = s.head_dim;
    params.states = s.states;
    params.groups = s.groups;
    params.dt_bias = dt_bias.data();
    params.a_log = a_log.data();
    params.d = d_codes.data();
    params.a_scale = 0.0219F;
    params.d_scale = 0.0123F;
    params.scales = scales.get();
    params.bc_scales = s.bc_scales;
    params.b_scales = b_scales.data();
    params.c_scales = c_scales.data();
    params.sum = {16};
    input = {{xbc.data(), columns, 0},
             {xbc.data() + channels(), columns, 0},
             {xbc.data() + channels() + bc, columns, 0},
             {dt_codes.data() + 2, s.heads + std::size_t{3}, 0.0207F}};
}

ScanResult SsdCase::room() const {
    return {std::vector<arith::Half>(shape.batch * shape.tokens * channels()),
            std::vector<float>(state_size(), NAN), std::vector<std::int8_t>(state_size(), 99)};
}

ScanResult SsdCase::prefill() const {
    ScanResult result = room();
    ssd_prefill(params, input, shape.batch, shape.tokens, view_of(result));
    return result;
}

ScanResult SsdCase::step(const std::vector<std::int8_t>& state) const {
    ScanResult result = room();
    result.state = state;
    ssd_step(params, input, shape.batch, view_of(result));
    return result;
}

SsdInput SsdCase::tokens_from(std::size_t first) const {
    SsdInput later = input;
    for (Int8Rows* rows : {&later.x, &later.b, &later.c, &later.dt}) {
        rows->data += first * rows->stride;
    }
    return later;
}

float SsdCase::x(std::size_t row, std::size_t channel) const {
    return made.x_scales[made.painted[channel]] * input.x.row(row)[channel];
}

float SsdCase::b(std::size_t row, std::size_t head, std::size_t n) const {
    const std::size_t group = head * shape.groups / shape.heads;
    return b_scales[shape.bc_scales == 1 ? 0 : group] * input.b.row(row)[group * shape.states + n];
}

float SsdCase::c(std::size_t row, std::size_t head, std::size_t n) const {
    const std::size_t group = head * shape.groups / shape.heads;
    return c_scales[shape.bc_scales == 1 ? 0 : group] * input.c.row(row)[group * shape.states + n];
}

float SsdCase::dt(std::size_t row, std::size_t head) const {
    const float bias = arith::from_half(dt_bias[head]);
    const float v = std::fma(input.dt.scale, static_cast<float>(input.dt.row(row)[head]), bias);
    return arith::softplus(v, params.softplus);
}

float SsdCase::a(std::size_t head) const { return -arith::exp(params.a_scale * a_log[head]); }

float SsdCase::state_scale(std::size_t channel, std::size_t n) const {
    const std::size_t columns = made.table.state_columns;
    return made.state_scales[made.painted[channel] * columns + (columns == 1 ? 0 : n)];
}

float step_oracle(const SsdCase& c, std::size_t row, std::size_t channel,
                  std::vector<float>& state) {
    const std::size_t head = channel / c.shape.head_dim;
    const float dt = c.dt(row, head);
    const float decay = arith::exp(c.a(head) * dt);
    const float x = c.x(row, channel);
    std::vector<float> out_weights;
    for (std::size_t n = 0; n < state.size(); ++n) {
        const float db = c.b(row, head, n) * dt;
        const float in = db * x;
        state[n] = std::fma(state[n], decay, in);
        out_weights.push_back(c.c(row, head, n));
    }
    const float y = sum_by_levels(state, out_weights, c.params.sum.tree_width);
    return std::fma(x, c.d(head), y);
}

double r_squared(const std::vector<arith::Half>& got, const std::vector<arith::Half>& want) {
    double error = 0;
    double reference = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const auto value = static_cast<double>(arith::from_half(want[i]));
        error += std::pow(static_cast<double>(arith::from_half(got[i])) - value, 2);
        reference += value * value;
    }
    return error / reference;
}

}  // namespace mambasic::golden
