// The bare loop over a layer of Mamba1.
#pragma once

#include "models/conv/conv_function.h"
#include "models/ssm/ssm_function.h"
#include "tests/bench/bare_model.h"

namespace mambasic::bench {

class BareMamba1 : public BareModel {
public:
    explicit BareMamba1(const traces::Trace& trace) : BareModel(trace) {
        proj_.resize(rows_ * dims_.x_proj_width());
        dt_.resize(rows_ * e());
    }

private:
    using Epilogue = models::Epilogue;

    void layer(std::uint32_t index) override {
        const traces::Mamba1Layer w = trace_.mamba1_layer(index);
        norm(rows_, 0, w.norm_weight, w.norm_output_scale, index == 0);
        linear(w.in_proj, {normed_.data(), d(), rows_},
               is_w4(w.in_proj) ? Epilogue::Int8Columns : Epilogue::Int8InputFirst, in_proj_.data(),
               nullptr);
        conv(w);
        linear(w.x_proj, {conv_.data(), e(), rows_},
               is_w4(w.x_proj) ? Epilogue::Int8Columns : Epilogue::Int8WeightFirst, proj_.data(),
               nullptr);
        linear(w.dt_proj, {proj_.data(), dims_.x_proj_width(), rows_}, Epilogue::Int8InputFirst,
               dt_.data(), nullptr);
        scan(w);
        finish(y_, w.had_scale, w.out_proj);
    }

    void conv(const traces::Mamba1Layer& w) {
        models::ConvTile tile;
        tile.shape = {1, rows_, e()};
        tile.x = in_proj_.data();
        tile.x_stride = 2 * e();
        tile.history = history_.data();
        tile.weight = w.conv_weight;
        tile.bias = w.conv_bias;
        tile.input_scale = w.conv_input_scale;
        tile.weight_scale = w.conv_weight_scale;
        tile.bias_scale = w.conv_bias_scale;
        conv_scales_.assign(e(), w.conv_output_scale);
        tile.output_scales = conv_scales_.data();
        tile.output = conv_.data();
        tile.output_stride = e();
        models::conv_compute({}, {}, tile);
    }

    void scan(const traces::Mamba1Layer& w) {
        const std::size_t narrow = dims_.x_proj_width();
        models::SsmTile tile;
        tile.shape = {1, rows_, e(), dims_.d_state};
        tile.last_tile = true;
        tile.u = {conv_.data(), e(), 0, w.u_scale};
        tile.dt = {dt_.data(), e(), 0, w.dt_scale};
        tile.b = {&proj_[dims_.dt_rank], narrow, 0, w.b_scale};
        tile.c = {&proj_[dims_.dt_rank + dims_.d_state], narrow, 0, w.c_scale};
        tile.z = {&in_proj_[e()], 2 * e(), 0, w.z_scale};
        tile.weights = {w.a_log,          w.d, w.dt_bias, w.a_scale, w.d_scale, w.dt_bias_scale,
                        w.ssm_state_scale};
        tile.carry = carry_.data();
        tile.state = state_.data();
        tile.y = y_.data();
        tile.y_stride = e();
        models::ssm_compute({}, {}, tile);
    }

    std::vector<std::int8_t> proj_, dt_;
    std::vector<float> conv_scales_;
};

}  // namespace mambasic::bench
