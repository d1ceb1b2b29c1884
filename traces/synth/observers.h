// Calibration: what Quamba's observers make of activations (kernels.md 6.1). Values arrive as FP32
// that already hold FP16 numbers where upstream's tensor is FP16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "traces/synth/scheme.h"

namespace mambasic::traces::synth {

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
    CellsObserver(Observer observer, std::size_t cells)
        : observer_(observer), statistics_(cells, 0.0F) {}
    /// One sample, in which every cell has a value: value i is of cell cells[i % cells.size()].
    void observe(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);
    std::vector<float> scales() const;

private:
    void raise(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);
    void follow(const std::vector<float>& values, const std::vector<std::uint32_t>& cells);

    Observer observer_;
    std::vector<float> statistics_;
    bool seen_ = false;
};

/// As torch.quantile: rank q * (n - 1) in FP32, linear interpolation between its neighbours.
/// Reorders `values`, which must not be empty.
float quantile(std::vector<float>& values, float q);

}  // namespace mambasic::traces::synth
