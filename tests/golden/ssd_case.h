// Operands of Mamba2's SSM, owned; and its step worked out by another route.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "golden/ssd.h"
#include "tests/golden/random_groups.h"
#include "tests/golden/scan_case.h"

namespace mambasic::golden {

struct SsdShape {
    std::uint32_t batch = 1;
    std::uint32_t tokens = 1;
    std::uint32_t heads = 4;
    std::uint32_t head_dim = 8;
    std::uint32_t states = 20;
    std::uint32_t groups = 1;
    traces::GroupShape table{1, 2, 3};
    std::uint32_t bc_scales = 1;
};

struct SsdCase {
    SsdCase(const SsdShape& shape, std::uint32_t seed);
    SsdCase(const SsdCase&) = delete;
    SsdCase& operator=(const SsdCase&) = delete;

    std::size_t channels() const { return std::size_t{shape.heads} * shape.head_dim; }
    std::size_t state_size() const { return shape.batch * channels() * shape.states; }
    ScanResult room() const;
    ScanResult prefill() const;
    /// One token a sequence from `state`.
    ScanResult step(const std::vector<std::int8_t>& state) const;
    /// The same operands, `count` tokens from `first` on, of a case with one sequence.
    SsdInput tokens_from(std::size_t first) const;

    // What the specification calls them, of (row, channel or head or state).
    float x(std::size_t row, std::size_t channel) const;
    float b(std::size_t row, std::size_t head, std::size_t n) const;
    float c(std::size_t row, std::size_t head, std::size_t n) const;
    float dt(std::size_t row, std::size_t head) const;
    float a(std::size_t head) const;
    float d(std::size_t head) const { return params.d_scale * d_codes[head]; }
    float state_scale(std::size_t channel, std::size_t n) const;

    SsdShape shape;
    RandomGroups made;
    std::vector<std::int8_t> xbc, dt_codes, a_log, d_codes;
    std::vector<arith::Half> dt_bias;
    std::vector<float> b_scales, c_scales;
    std::unique_ptr<GroupScales> scales;
    SsdParams params;
    SsdInput input;
};

/// ssm.md 4 for one channel, to the bit: `state` [states] is replaced; the result is y before h.
float step_oracle(const SsdCase& c, std::size_t row, std::size_t channel,
                  std::vector<float>& state);

/// Mean square of the difference over that of `want`.
double r_squared(const std::vector<arith::Half>& got, const std::vector<arith::Half>& want);

}  // namespace mambasic::golden
