// The bare loop over a layer of Mamba2. Scales are looked up before it starts.
#pragma once

#include "models/conv/conv_function.h"
#include "models/gated_norm/gated_norm_function.h"
#include "models/ssm/ssd_function.h"
#include "tests/bench/bare_model.h"

namespace mambasic::bench {

class BareMamba2 : public BareModel {
public:
    explicit BareMamba2(const traces::Trace& trace) : BareModel(trace) {
        gated_config_.sum.tree_width = 8;
        ssm_config_.ssd_sum.tree_width = 16;
        gated_.resize(rows_ * e());
        for (std::uint32_t i = 0; i < trace.info().layers; ++i) {
            scales_.emplace_back(dims_, trace.mamba2_layer(i));
        }
    }

private:
    /// What the chip's scale table would give, for every channel.
    struct Scales {
        Scales(const traces::Dims& dims, const traces::Mamba2Layer& w) {
            const std::uint32_t heads = dims.heads / dims.groups;
            for (std::uint32_t i = 0; i < dims.d_inner; ++i) {
                const std::uint32_t head = i / dims.head_dim;
                cells.push_back(cell(w.groups, dims.groups, heads, head, i % dims.head_dim));
                conv.push_back(w.groups.x_scales[cells.back()]);
            }
            for (const float* from : {w.b_scales, w.c_scales}) {
                for (std::uint32_t i = 0; i < dims.bc_width(); ++i) {
                    conv.push_back(from[w.bc_scales == 1 ? 0 : i / dims.d_state]);
                }
            }
            for (std::uint32_t g = 0; g < dims.groups; ++g) {
                b.push_back(w.b_scales[w.bc_scales == 1 ? 0 : g]);
                c.push_back(w.c_scales[w.bc_scales == 1 ? 0 : g]);
            }
        }
        static std::uint32_t cell(const traces::GroupTable& t, std::uint32_t ssd_groups,
                                  std::uint32_t heads, std::uint32_t head, std::uint32_t row) {
            const std::uint32_t group = t.shape.ssd_groups == ssd_groups ? head / heads : 0;
            const std::uint32_t position = head - group * heads;
            std::uint32_t row_of_cells = group * t.shape.head_groups;
            while (t.head_end[row_of_cells] <= static_cast<std::int32_t>(position)) ++row_of_cells;
            std::uint32_t at = row_of_cells * t.shape.dim_groups;
            while (t.dim_end[at] <= static_cast<std::int32_t>(row)) ++at;
            return at;
        }
        std::vector<float> conv, b, c;  // conv: x, B, C by channel
        std::vector<std::uint32_t> cells;
    };

    void layer(std::uint32_t index) override {
        using models::Epilogue;
        const traces::Mamba2Layer w = trace_.mamba2_layer(index);
        norm(rows_, 0, w.norm_weight, w.norm_output_scale, index == 0);
        linear(w.in_proj, {normed_.data(), d(), rows_}, Epilogue::Int8Columns, in_proj_.data(),
               nullptr);
        conv(w, scales_[index]);
        scan(w, scales_[index]);
        models::GatedNormTile tile;
        tile.shape = {rows_, e(), dims_.groups};
        tile.y = y_.data();
        tile.z = in_proj_.data();
        tile.z_stride = dims_.in_proj_width();
        tile.z_scale = w.z_scale;
        tile.weight = w.gated_norm_weight;
        tile.epsilon = trace_.info().epsilon;
        tile.output = gated_.data();
        models::gated_norm_compute(gated_config_, {}, tile);
        finish(gated_, w.had_scale, w.out_proj);
    }

    void conv(const traces::Mamba2Layer& w, const Scales& scales) {
        models::ConvTile tile;
        tile.shape = {1, rows_, dims_.conv_channels()};
        tile.x = &in_proj_[e()];
        tile.x_stride = dims_.in_proj_width();
        tile.history = history_.data();
        tile.weight = w.conv_weight;
        tile.bias = w.conv_bias;
        const auto section = [](std::uint64_t channels, const traces::ConvSection& s) {
            return models::ConvSection{channels, s.input_scale, s.weight_scale, s.bias_scale};
        };
        tile.sections = {section(e(), w.conv_x), section(dims_.bc_width(), w.conv_b),
                         section(dims_.bc_width(), w.conv_c)};
        tile.output_scales = scales.conv.data();
        tile.output = conv_.data();
        tile.output_stride = dims_.conv_channels();
        models::conv_compute({}, {}, tile);
    }

    void scan(const traces::Mamba2Layer& w, const Scales& scales) {
        const std::size_t channels = dims_.conv_channels();
        const std::size_t width = dims_.in_proj_width();
        models::SsdTile tile;
        tile.shape = {
            1, rows_, dims_.heads, dims_.head_dim, dims_.d_state, dims_.heads / dims_.groups};
        tile.last_tile = true;
        tile.x = {conv_.data(), channels, 0};
        tile.b = {&conv_[e()], channels, 0};
        tile.c = {&conv_[e() + dims_.bc_width()], channels, 0};
        tile.dt = {&in_proj_[e() + channels], width, 0};
        tile.weights = {w.a_log, w.d, w.dt_bias, w.a_scale, w.d_scale, w.dt_scale};
        tile.scales = {scales.conv.data(),    scales.b.data(),     scales.c.data(),
                       w.groups.state_scales, scales.cells.data(), w.groups.state_columns};
        tile.carry = carry_.data();
        tile.state = state_.data();
        tile.y = y_.data();
        tile.y_stride = e();
        models::ssd_compute(ssm_config_, {}, tile);
    }

    models::GatedNormConfig gated_config_;
    models::SsmConfig ssm_config_;
    std::vector<arith::Half> gated_;
    std::vector<Scales> scales_;
};

}  // namespace mambasic::bench
