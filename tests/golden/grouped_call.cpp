#include "tests/golden/grouped_call.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/golden/bits.h"
#include "tests/golden/oracle.h"

namespace mambasic::golden {
namespace {

/// What the convolution quantizes. Prefill scales the exact sum once, decode tap by tap.
float conv_value(const GroupedCall& call, std::size_t row, std::size_t e) {
    const auto& v = call.layer.view;
    const std::size_t s = row / call.prompt.tokens;
    const std::size_t t = row % call.prompt.tokens;
    const float tap = v.conv_weight_scale * v.conv_input_scale;
    const float bias = v.conv_bias_scale * call.layer.conv_bias[e];
    float exact = 0.0F;
    float by_tap = bias;
    for (std::size_t k = 0; k < 4; ++k) {
        const float weight = call.layer.conv_weight[e * 4 + k];
        const float x = call.sample(s, t, 3 - k, e);
        exact += weight * x;
        by_tap = std::fma(tap * weight, x, by_tap);
    }
    return arith::silu(call.before == nullptr ? std::fma(tap, exact, bias) : by_tap);
}

/// What a channel's step in either phase reads.
struct Step {
    Step(const GroupedCall& call, std::size_t row, std::size_t e) {
        const auto& v = call.layer.view;
        const auto& out = call.run.out;
        const bool codes = call.options.x_code.format == traces::XFormat::Int8;
        u = codes ? call.x_scale(e) * out.conv[row * kTinyInner + e] : conv_value(call, row, e);
        const float bias = v.dt_bias_scale * call.layer.dt_bias[e];
        const float dt_code = out.dt_proj[row * kTinyInner + e];
        dt = arith::softplus(std::fma(v.dt_scale, dt_code, bias), call.options.softplus);
        d = v.d_scale * call.layer.d[e];
        z = v.z_scale * out.in_proj[row * 2 * kTinyInner + kTinyInner + e];
        for (std::size_t n = 0; n < kTinyStates; ++n) {
            const float a = -arith::exp(v.a_scale * call.layer.a_log[e * kTinyStates + n]);
            decay.push_back(arith::exp(a * dt));
            const std::int8_t* bc =
                out.x_proj.data() + row * (kTinyRank + 2 * kTinyStates) + kTinyRank;
            b.push_back(v.b_scale * bc[n]);
            c.push_back(v.c_scale * bc[kTinyStates + n]);
        }
    }
    float u, dt, d, z;
    std::vector<float> decay, b, c;
};

/// ssm.md 1.2 in time order: moves `h` on; without a tree the sum starts from D u.
Half prefill_step(const Step& in, std::size_t tree, std::vector<float>& h) {
    const float du = in.dt * in.u;
    const float skip = in.d * in.u;
    float out = skip;
    for (std::size_t n = 0; n < kTinyStates; ++n) {
        const float term = du * in.b[n];
        h[n] = std::fma(in.decay[n], h[n], term);
        out = std::fma(h[n], in.c[n], out);
    }
    if (tree > 0) {
        out = sum_by_levels(h, in.c, tree) + skip;
    }
    const float product = out * in.z;
    return arith::to_half(product / (1.0F + arith::exp(-in.z)));
}

/// ssm.md 2.2.
Half decode_step(const Step& in, std::size_t tree, std::vector<float>& h) {
    for (std::size_t n = 0; n < kTinyStates; ++n) {
        const float db = in.b[n] * in.dt;
        const float term = db * in.u;
        h[n] = std::fma(h[n], in.decay[n], term);
    }
    const float out = std::fma(in.u, in.d, sum_by_levels(h, in.c, tree));
    const float sigmoid = 1.0F / (1.0F + arith::exp(-in.z));
    const float gate = in.z * sigmoid;
    return arith::to_half(out * gate);
}

void expect_scan(const GroupedCall& call, std::size_t s, std::size_t e) {
    const std::size_t tree = call.options.ssm_sum.tree_width;
    const bool decodes = call.before != nullptr;
    const std::size_t first = (s * kTinyInner + e) * kTinyStates;
    std::vector<float> h(kTinyStates, 0.0F);
    for (std::size_t n = 0; n < kTinyStates && decodes; ++n) {
        h[n] = call.state_scale(e, n) * call.before->ssm[first + n];
    }
    for (std::size_t t = 0; t < call.prompt.tokens; ++t) {
        const std::size_t row = s * call.prompt.tokens + t;
        const Step in(call, row, e);
        const Half y = decodes ? decode_step(in, tree, h) : prefill_step(in, tree, h);
        ASSERT_EQ(call.run.out.scan[row * kTinyInner + e], y) << t << " " << e;
    }
    for (std::size_t n = 0; n < kTinyStates; ++n) {
        ASSERT_TRUE(same_bits(call.run.out.carry[first + n], h[n])) << e << " " << n;
        const float quotient = h[n] / call.state_scale(e, n);
        ASSERT_EQ(call.run.state.ssm[first + n],
                  decodes ? even_code(quotient) : away_code(quotient))
            << e << " " << n;
    }
}

}  // namespace

void expect_conv(const GroupedCall& call) {
    for (std::size_t i = 0; i < call.rows() * kTinyInner; ++i) {
        const float y = conv_value(call, i / kTinyInner, i % kTinyInner);
        ASSERT_EQ(call.run.out.conv[i], away_code(y / call.x_scale(i % kTinyInner))) << i;
        if (call.options.x_code.format == traces::XFormat::Fp32) {
            ASSERT_TRUE(same_bits(call.run.out.ssm_input[i], y)) << i;
        }
    }
}

/// The epilogue of several rows is a (b acc).
void expect_x_proj(const GroupedCall& call) {
    const traces::Linear& linear = call.layer.view.x_proj;
    for (std::size_t i = 0; i < call.rows() * linear.n; ++i) {
        int acc = 0;
        for (std::size_t e = 0; e < kTinyInner; ++e) {
            acc += call.layer.x_proj[i % linear.n * kTinyInner + e] *
                   call.run.out.conv[i / linear.n * kTinyInner + e];
        }
        const float scaled = linear.b * static_cast<float>(acc);
        ASSERT_EQ(call.run.out.x_proj[i], even_code(linear.a * scaled)) << i;
    }
}

void expect_as_written(const GroupedCall& call) {
    expect_conv(call);
    expect_x_proj(call);
    for (std::size_t i = 0; i < call.prompt.batch * kTinyInner; ++i) {
        expect_scan(call, i / kTinyInner, i % kTinyInner);
    }
}

}  // namespace mambasic::golden
