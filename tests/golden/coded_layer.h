// A layer with scales for codes of x of its own, by cell where it has a table.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "golden/x_code.h"
#include "tests/golden/layer_run.h"
#include "tests/golden/random_mamba2.h"

namespace mambasic::golden {

constexpr float kLossy = 0.003F;

/// int8's scales become about `int8_scale`. At 1 no |code| is above 7 and a low scale that is
/// int8's loses nothing; at kLossy codes of every format are held or flagged.
template <typename Layer>
struct CodedLayer {
    static constexpr bool kGrouped = !std::is_same_v<Layer, RandomLayer>;

    CodedLayer(float int8_scale, Layer made) : layer(std::move(made)) {
        if constexpr (kGrouped) {
            const auto cells = static_cast<float>(layer.groups.x_scales.size());
            for (float& scale : layer.groups.x_scales) {
                scale = int8_scale * (1.0F + static_cast<float>(low.size()) / cells / 3.0F);
                add_cell(scale, int8_scale);
            }
        } else {
            layer.view.conv_output_scale = layer.view.u_scale = int8_scale;
            add_cell(int8_scale, int8_scale);
        }
        give();
    }
    CodedLayer(const CodedLayer&) = delete;
    CodedLayer& operator=(const CodedLayer&) = delete;

    /// Every value but 0 above the threshold, and int8's scale for it.
    void flag_everything() {
        high = low;
        for (std::size_t i = 0; i < low.size(); ++i) {
            low[i] /= 5.0F;
            threshold[i] = 1e-30F;
        }
    }

    std::size_t cell(std::size_t e) const {
        if constexpr (kGrouped) {
            return layer.groups.painted[e];
        } else {
            return e * 0;
        }
    }
    float coding_scale(std::size_t e) const {
        if constexpr (kGrouped) {
            return layer.groups.x_scales[cell(e)];
        } else {
            return layer.view.conv_output_scale;
        }
    }
    /// The numbers that `code` has in channel e.
    XChannel channel(const traces::XCode& code, std::size_t e) const {
        const std::size_t c = cell(e);
        if (code.own_scales()) {
            return {low[c], high[c], threshold[c], low[c], high[c]};
        }
        const float s8 = coding_scale(e);
        return {s8, s8 * code.factor, 0, s8, s8 * code.factor};
    }

    Layer layer;
    std::vector<float> low, high, threshold;

private:
    void add_cell(float scale, float int8_scale) {
        low.push_back(int8_scale < 1.0F ? 0.0317F * scale / int8_scale : scale);
        high.push_back(low.back() * 3.3F);
        threshold.push_back(low.back() * 5.3F);
    }
    void give() { layer.view.x_scales = {low.data(), high.data(), threshold.data()}; }
};

}  // namespace mambasic::golden
