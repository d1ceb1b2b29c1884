// What the SSM reads of the convolution, from what the convolution gives: ssm.md 8. Whatever the
// code, the SSM's FP32 operands are made here, so its kernels know nothing of codes but int8's.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "golden/rotation.h"
#include "golden/x_code.h"

namespace mambasic::golden {

struct SsmInputParams {
    traces::XCode code;
    std::vector<XChannel> x;       // [E]
    std::vector<float> bc_scales;  // Mamba2: of the convolution's other channels
    std::optional<Rotation> rotation{};

    std::size_t width() const { return x.size() + bc_scales.size(); }
};

/// Whether what is coded is the FP32 value itself, and not its int8 code.
inline bool codes_fp32(const traces::XCode& code) {
    return code.format == traces::XFormat::Fp32 || code.own_codes() || code.rotated();
}

/// The rotation of a code that has one. std::invalid_argument where the layer has a table of
/// scales, or no such rotation.
std::optional<Rotation> rotation_of(const Options& options, const traces::XScales& scales,
                                    bool has_table, std::size_t channels);

/// Takes out.conv, the int8 codes, and where codes_fp32 the values that they were made from in
/// out.ssm_input. Makes the rows that out.ssm_input has room for and, where the code has them,
/// x_codes, x_flags, values, rotated and unrotated.
void make_ssm_input(const SsmInputParams& params, LayerTensors& out);

}  // namespace mambasic::golden
