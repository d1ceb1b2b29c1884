// Which epilogue a call takes, and what each option changes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/golden/layer_run.h"

namespace mambasic::golden {
namespace {

/// Sets a factor of a linear to NaN: whoever uses it gets zeros (int8) or NaN (FP16).
Outcome with_nan(const RandomLayer& layer, float traces::Linear::*factor,
                 traces::Linear traces::Mamba1Layer::*linear, bool decoding, const Prompt& prompt) {
    RandomLayer broken(layer.dims, 1);
    broken.view.*linear.*factor = NAN;
    if (!decoding) {
        return prefill(broken, prompt);
    }
    LayerState state;
    state.conv.assign(std::size_t{prompt.batch} * layer.dims.d_inner * 4, 3);
    state.ssm.assign(std::size_t{prompt.batch} * layer.dims.d_inner * layer.dims.d_state, 5);
    return decode(broken, prompt, state);
}

template <typename T>
bool constant(const std::vector<T>& v) {
    return std::all_of(v.begin(), v.end(), [&v](T x) { return x == v[0]; });
}

enum class Uses { Alpha, AAndB };

/// What each linear of a layer must depend on.
struct Factors {
    Uses in_proj, x_proj, dt_proj, out_proj;
};

void expect_factors(const Factors& want, bool decoding, std::uint32_t batch, std::uint32_t tokens) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(batch, tokens, layer.dims, 9);
    using L = traces::Linear;
    using M = traces::Mamba1Layer;
    for (const auto factor : {&L::a, &L::b, &L::alpha}) {
        const bool alpha = factor == &L::alpha;
        const auto used = [alpha](Uses uses) { return alpha == (uses == Uses::Alpha); };
        EXPECT_EQ(constant(with_nan(layer, factor, &M::in_proj, decoding, prompt).out.in_proj),
                  used(want.in_proj));
        EXPECT_EQ(constant(with_nan(layer, factor, &M::x_proj, decoding, prompt).out.x_proj),
                  used(want.x_proj));
        EXPECT_EQ(constant(with_nan(layer, factor, &M::dt_proj, decoding, prompt).out.dt_proj),
                  used(want.dt_proj));
        const Outcome run = with_nan(layer, factor, &M::out_proj, decoding, prompt);
        EXPECT_EQ(std::isnan(arith::from_half(run.out.out_proj[0])), used(want.out_proj));
    }
}

TEST(Epilogues, FollowThePhaseAndTheRows) {
    const Factors several_rows{Uses::AAndB, Uses::AAndB, Uses::AAndB, Uses::AAndB};
    const Factors prompt_of_one{Uses::AAndB, Uses::Alpha, Uses::AAndB, Uses::Alpha};
    const Factors one_row{Uses::Alpha, Uses::Alpha, Uses::Alpha, Uses::Alpha};
    expect_factors(several_rows, false, 1, 3);
    expect_factors(several_rows, false, 2, 1);
    expect_factors(prompt_of_one, false, 1, 1);
    expect_factors(one_row, true, 1, 1);
    expect_factors(several_rows, true, 2, 1);
}

TEST(Options, ScanOrdersAgreeButForLastBits) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 200, layer.dims, 10);
    Options cub;
    cub.scan_order = ScanOrder::Cub;
    const Outcome a = prefill(layer, prompt);
    const Outcome b = prefill(layer, prompt, cub);
    EXPECT_NE(a.out.carry, b.out.carry);
    EXPECT_LT(distance(a.out.scan, b.out.scan.data()), 1e-4);
    EXPECT_EQ(a.out.dt_proj, b.out.dt_proj);
}

TEST(Options, EachChangesTheBitsItShould) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 400, layer.dims, 11);
    const Outcome base = prefill(layer, prompt);
    Options softplus;
    softplus.softplus = arith::Softplus::LogExpPlus1;
    EXPECT_NE(prefill(layer, prompt, softplus).out.carry, base.out.carry);
    Options sum;
    sum.ssm_sum.tree_width = 4;
    EXPECT_EQ(prefill(layer, prompt, sum).out.carry, base.out.carry);
    EXPECT_NE(prefill(layer, prompt, sum).out.scan, base.out.scan);
}

TEST(Options, QuirksWrapTheHadamardAndOneRowLinears) {
    RandomLayer layer(tiny_dims(), 1);
    layer.view.had_scale /= 4.0;  // most codes leave the range
    layer.view.in_proj.alpha *= 4.0F;
    const Prompt prompt(1, 6, layer.dims, 12);
    Options quirks;
    quirks.quamba_quirks = true;
    const Outcome base = prefill(layer, prompt);
    const Outcome wrapped = prefill(layer, prompt, quirks);
    EXPECT_EQ(wrapped.out.scan, base.out.scan) << "several rows saturate in both";
    EXPECT_NE(wrapped.out.hadamard, base.out.hadamard);
    const Prompt token = prompt.part(0, 0, 1);
    const Outcome step = decode(layer, token, base.state);
    const Outcome wrapped_step = decode(layer, token, base.state, quirks);
    EXPECT_EQ(wrapped_step.out.norm, step.out.norm);
    EXPECT_NE(wrapped_step.out.in_proj, step.out.in_proj);
}

}  // namespace
}  // namespace mambasic::golden
