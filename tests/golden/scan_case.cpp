#include "tests/golden/scan_case.h"

#include <utility>

#include "tests/golden/random_layer.h"

namespace mambasic::golden {

ScanCase::ScanCase(std::size_t batch_, std::size_t tokens_, std::size_t channels,
                   std::size_t states, std::uint32_t seed)
    : batch(batch_), tokens(tokens_) {
    std::mt19937 rng(seed);
    u = random_codes(rng, rows() * channels);
    dt = random_codes(rng, rows() * channels);
    b = random_codes(rng, rows() * states);
    c = random_codes(rng, rows() * states);
    z = random_codes(rng, rows() * channels);
    a_log = random_codes(rng, channels * states, 0, 127);
    d = random_codes(rng, channels);
    dt_bias = random_codes(rng, channels, -127, 0);
    params.channels = channels;
    params.states = states;
    params.a_scale = 0.0219F;
    params.d_scale = 0.0113F;
    params.dt_bias_scale = 0.0371F;
    params.state_scale = 0.0057F;
    view();
    input.u.scale = 0.0171F;
    input.dt.scale = 0.0207F;
    input.b.scale = 0.0193F;
    input.c.scale = 0.0157F;
    input.z.scale = 0.0317F;
}

ScanCase ScanCase::one_channel(std::vector<std::int8_t> u, std::vector<std::int8_t> dt,
                               std::vector<std::int8_t> b, std::vector<std::int8_t> c,
                               std::vector<std::int8_t> z) {
    ScanCase one;
    one.tokens = u.size();
    one.u = std::move(u);
    one.dt = std::move(dt);
    one.b = std::move(b);
    one.c = std::move(c);
    one.z = std::move(z);
    one.a_log = one.d = one.dt_bias = {0};
    one.params.channels = one.params.states = 1;
    one.params.a_scale = one.params.d_scale = 1.0F;
    one.params.dt_bias_scale = one.params.state_scale = 1.0F;
    one.view();
    for (Int8Rows* rows : {&one.input.u, &one.input.dt, &one.input.b, &one.input.c, &one.input.z}) {
        rows->scale = 1.0F;
    }
    return one;
}

void ScanCase::view() {
    params.a_log = a_log.data();
    params.d = d.data();
    params.dt_bias = dt_bias.data();
    input.u = {u.data(), params.channels, 0};
    input.dt = {dt.data(), params.channels, 0};
    input.b = {b.data(), params.states, 0};
    input.c = {c.data(), params.states, 0};
    input.z = {z.data(), params.channels, 0};
}

ScanResult room_for(const ScanCase& c) {
    const std::size_t states = c.batch * c.params.channels * c.params.states;
    return {std::vector<arith::Half>(c.rows() * c.params.channels), std::vector<float>(states),
            std::vector<std::int8_t>(states)};
}

ScanOutput view_of(ScanResult& result) {
    return {result.y.data(), result.carry.data(), result.state.data()};
}

}  // namespace mambasic::golden
