#include "golden/ssm_input.h"

#include <algorithm>
#include <stdexcept>

#include "golden/parallel.h"

namespace mambasic::golden {
namespace {

using traces::XFormat;

/// Codes of x's own: the row's values become what the codes stand for.
void code_row(const SsmInputParams& p, std::size_t row, LayerTensors& out) {
    const std::size_t first = row * p.x.size();
    float* values = out.ssm_input.data() + row * p.width();
    std::int8_t* codes = out.x_codes.data() + first;
    std::int8_t* flags = p.code.dual() ? out.x_flags.data() + first : nullptr;
    const XCounts counts = encode_x_row(p.code, p.x, values, codes, flags);
    out.x_counts.flagged += counts.flagged;
    out.x_counts.saturated += counts.saturated;
    for (std::size_t e = 0; e < p.x.size(); ++e) {
        values[e] = decode_x(p.x[e], codes[e], flags != nullptr && flags[e] != 0);
    }
}

/// The row's values become what the codes of the rotated row stand for, rotated back.
XCounts rotate_row(const SsmInputParams& p, std::size_t row, LayerTensors& out) {
    const std::size_t inner = p.x.size();
    float* values = out.ssm_input.data() + row * p.width();
    std::int8_t* codes = out.rotated.data() + row * inner;
    std::copy_n(values, inner, out.values.data() + row * inner);
    std::vector<float> rotated = p.rotation->forward(values);
    const XCounts counts = encode_x_row(p.code, p.x, rotated.data(), codes, nullptr);
    for (std::size_t e = 0; e < inner; ++e) {
        rotated[e] = decode_x(p.x[e], codes[e], false);
    }
    const std::vector<float> back = p.rotation->back(rotated.data());
    std::copy(back.begin(), back.end(), values);
    std::copy(back.begin(), back.end(), out.unrotated.data() + row * inner);
    return counts;
}

void rotate_rows(const SsmInputParams& p, std::size_t rows, LayerTensors& out) {
    const std::size_t size = rows * p.x.size();
    out.values.resize(size);
    out.rotated.resize(size);
    out.unrotated.resize(size);
    std::uint64_t saturated = 0;
#pragma omp parallel for schedule(static) reduction(+ : saturated) if (worth_threads(size))
    for (std::size_t row = 0; row < rows; ++row) {
        saturated += rotate_row(p, row, out).saturated;
    }
    out.x_counts.saturated = saturated;
}

/// What int8 codes stand for, of channels from `first` on.
void dequantize_row(const SsmInputParams& p, std::size_t row, std::size_t first,
                    LayerTensors& out) {
    const std::int8_t* codes = out.conv.data() + row * p.width();
    float* values = out.ssm_input.data() + row * p.width();
    const std::size_t inner = p.x.size();
    for (std::size_t i = first; i < p.width(); ++i) {
        const float scale = i < inner ? p.x[i].decoded_low : p.bc_scales[i - inner];
        values[i] = scale * static_cast<float>(codes[i]);
    }
}

}  // namespace

std::optional<Rotation> rotation_of(const Options& options, const traces::XScales& scales,
                                    bool has_table, std::size_t channels) {
    if (!options.x_code.rotated()) {
        return std::nullopt;
    }
    if (has_table) {
        throw std::invalid_argument("a rotated code of x has one scale for all channels, no table");
    }
    return Rotation(options.x_code, scales, channels, options.rotation);
}

void make_ssm_input(const SsmInputParams& params, LayerTensors& out) {
    const std::size_t rows = out.ssm_input.size() / params.width();
    const bool own_codes = params.code.own_codes();
    out.x_codes.resize(own_codes ? rows * params.x.size() : 0);
    out.x_flags.resize(params.code.dual() ? out.x_codes.size() : 0);
    out.x_counts = {};
    out.values.clear();
    out.rotated.clear();
    out.unrotated.clear();
    if (params.rotation) {
        rotate_rows(params, rows, out);
    }
    const bool x_is_made = own_codes || params.rotation.has_value();
    for (std::size_t row = 0; row < rows && params.code.format != XFormat::Fp32; ++row) {
        if (own_codes) {
            code_row(params, row, out);
        }
        dequantize_row(params, row, x_is_made ? params.x.size() : 0, out);
    }
    if (params.code.values()) {
        out.values = out.ssm_input;
    }
}

}  // namespace mambasic::golden
