// Calibration: what Quamba's observers make of activations (kernels.md 6.1). Values arrive as FP32
// that already hold FP16 numbers where upstream's tensor is FP16.
#pragma once

#include <cstddef>
#include <vector>

namespace mambasic::traces::synth {

/// Running maximum of |x| in FP16, divided by 127 in FP16.
class MinMaxObserver {
public:
    void observe(const float* values, std::size_t count);
    float scale() const;

private:
    float maximum_ = 0;
};

/// 0.9995 quantile of |x| of each sample in FP32; the first sample sets it, each later one moves it
/// by 1 % of the difference.
class PercentileObserver {
public:
    void observe(const float* values, std::size_t count);
    float scale() const;

private:
    float quantile_ = 0;
    bool seen_ = false;
};

/// Running maxima of |x|, one for each cell, in FP32 throughout.
class CellsObserver {
public:
    explicit CellsObserver(std::size_t cells) : maxima_(cells, 0.0F) {}
    void observe(std::size_t cell, float value);
    std::vector<float> scales() const;

private:
    std::vector<float> maxima_;
};

/// As torch.quantile: rank q * (n - 1) in FP32, linear interpolation between its neighbours.
/// Reorders `values`, which must not be empty.
float quantile(std::vector<float>& values, float q);

}  // namespace mambasic::traces::synth
