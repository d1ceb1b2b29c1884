#include "tests/cuda_ref/random_scales.h"

#include <cmath>

namespace mambasic::cuda_ref {

namespace {

bool contains(const std::string& name, const std::string& part) {
    return name.find(part) != std::string::npos;
}

/// For inputs and weights of about 45 codes rms and outputs of the same.
double linear_factor(const traces::Dims& dims, const std::string& name) {
    double depth = dims.d_model;
    if (contains(name, "x_proj") || contains(name, "out_proj")) depth = dims.d_inner;
    if (contains(name, "dt_proj")) depth = dims.dt_rank;
    const bool half = contains(name, "out_proj") || contains(name, "lm_head");
    return (half ? 1.0 : 45.0) / (45.0 * 45.0 * std::sqrt(depth));
}

/// "wx_scale" of a weight, "bx_scale" of a bias, "x_scale" of an input.
double section_scale(const std::string& name) {
    if (ends_with(name, "out_scales")) return 0.025;
    const char kind = name[name.rfind('.') + 1];
    return kind == 'w' ? 0.01 : kind == 'b' ? 0.025 : 0.05;
}

}  // namespace

bool ends_with(const std::string& name, const std::string& end) {
    return name.size() >= end.size() &&
           name.compare(name.size() - end.size(), end.size(), end) == 0;
}

double typical_scale(const traces::Dims& dims, const std::string& name) {
    if (ends_with(name, "x_low_scales")) return 0.1;
    if (ends_with(name, "x_high_scales")) return 0.4;
    if (ends_with(name, "x_thresholds")) return 0.7;
    if (dims.mamba2() && contains(name, "conv1d.")) return section_scale(name);
    if (ends_with(name, "conv1d.weight_scale")) return 0.01;
    if (ends_with(name, "conv1d.input_scale") || ends_with(name, "z_scale")) return 0.05;
    if (ends_with(name, ".a")) return 100.0 * linear_factor(dims, name);
    if (ends_with(name, ".input_scale")) return 100.0 * linear_factor(dims, name);
    if (ends_with(name, ".b") || ends_with(name, ".s_channel")) return 0.01;
    if (ends_with(name, ".alpha")) return linear_factor(dims, name);
    const double log16 = 0.0218;  // over 127
    if (ends_with(name, "A_scale") || ends_with(name, "A_log_scale")) return log16;
    if (ends_with(name, "state_scale")) return 0.05;
    if (ends_with(name, "x_H_scale")) return dims.mamba2() ? 0.03 : 0.1;
    return 0.025;
}

bool makes_ties(const traces::Dims& dims, const std::string& name) {
    return dims.mamba2() && (ends_with(name, "in_proj.a") || ends_with(name, "in_proj.b"));
}

}  // namespace mambasic::cuda_ref
