// Calibration: what Quamba's observers make of activations (kernels.md 6.1), and two more. Values
// arrive as FP32; they hold FP16 numbers where upstream's tensor is FP16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "traces/synth/scheme.h"
#include "traces/synth/sorted_values.h"

namespace mambasic::traces::synth {

constexpr float kSmallestMaximum = 1e-5F;  // clamp before the division

/// Running maximum of |x| in FP16, divided by 127 in FP16.
class MinMaxObserver {
public:
    void observe(const float* values, std::size_t count);
    float scale() const;

private:
    float maximum_ = 0;
};

/// A statistic of |x| for each cell, in FP32 throughout.
class CellsObserver {
public:
    /// Every value is kept where the statistic needs all at once, or where `keep` asks for it.
    CellsObserver(const Observation& how, std::size_t cells, bool keep = false)
        : how_(how), keep_(keep || how.observer == Observer::Mse), statistics_(cells, 0.0F) {
        if (keep_) values_.resize(cells);
    }
    /// One sample, in which every cell has a value: value i is of cell cells[i % cells.size()].
    void observe(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);
    std::vector<float> scales(CodeRange range = kInt8Range) const;
    /// Of each cell, in the order they came; of all samples.
    const std::vector<std::vector<float>>& values() const { return values_; }

private:
    void keep(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);
    void raise(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);
    void follow(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);

    Observation how_;
    bool keep_;
    std::vector<float> statistics_;
    std::vector<std::vector<float>> values_;
    bool seen_ = false;
};

/// As torch.quantile: rank q * (n - 1) in FP32, linear interpolation between its neighbours.
/// Reorders `values`, which must not be empty.
float quantile(std::vector<float>& values, float q);

}  // namespace mambasic::traces::synth
