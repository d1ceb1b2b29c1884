#include "sim/run_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "models/common/error.h"
#include "models/common/units.h"
#include "models/common/yaml_scalar.h"
#include "models/hadamard/hadamard_cost.h"
#include "models/rotation/rotation_cost.h"
#include "sim/shell_words.h"
#include "traces/layout.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {

using models::UserError;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

namespace {

constexpr std::uint32_t kNoChannel = 65535;  // what a list of flags says where nothing is flagged

/// A layer of a trace, and what a scheme says of it.
struct LayerPart {
    const Scheme& scheme;
    const LayerScheme& part;
    std::uint32_t index;  // in the trace
};

std::string groups_text(const std::optional<traces::GroupShape>& groups) {
    if (!groups) return "one scale for all channels";
    return "scales of " + std::to_string(groups->head_groups) + "x" +
           std::to_string(groups->dim_groups) + " groups";
}

std::string calibrate_command(const traces::Trace& trace, const Scheme& scheme) {
    return "a trace with them: mambasic calibrate --trace " + shell_word(trace.path()) + " " +
           scheme_words(scheme) + " --out FILE";
}

void check_groups(const LayerPart& at, const traces::Trace& trace, bool numerics) {
    const traces::TraceInfo& info = trace.info();
    const Scheme& scheme = at.scheme;
    const LayerScheme& part = at.part;
    const std::uint32_t index = at.index;
    const std::uint32_t layer = info.first_layer + index;
    std::optional<traces::GroupShape> asked;
    if (part.groups != GroupsOf::One) asked = group_shape(part, info.dims);
    if (!numerics || asked == info.table(index)) return;
    const bool everywhere = scheme.layers.size() == 1 && !info.hybrid();
    const bool named = !info.hybrid() && info.scheme != scheme.name;
    throw UserError(trace.path() + ": " + (everywhere ? "it" : "layer " + std::to_string(layer)) +
                    " has " + groups_text(info.table(index)) + ", but scheme '" + scheme.name +
                    "' asks for " + groups_text(asked) + "; take " +
                    (named ? info.scheme : "the scheme it was made for") + ", --timing-only, or " +
                    calibrate_command(trace, scheme));
}

std::string scales_text(const XCode& code) {
    return code.own_scales() ? "scales for code " + traces::spell(code) : "no scales but int8's";
}

// The codes with scales of their own ask for a trace that was calibrated for them; the others'
// follow from int8's, which every trace has.
void check_code(const LayerPart& at, const traces::Trace& trace, bool numerics) {
    const traces::TraceInfo& info = trace.info();
    const XCode& asked = at.part.x_code;
    if (asked.sparse_percent > 0 && info.dims.d_inner >= kNoChannel) {
        throw UserError(at.part.at.flags +
                        "a list counts channels in 16 bits, but the network has " +
                        std::to_string(info.dims.d_inner) + "; write packed");
    }
    const XCode& has = info.x_code(at.index);
    if (!numerics || !asked.own_scales() || has == asked) return;
    throw UserError(trace.path() + ": layer " + std::to_string(info.first_layer + at.index) +
                    " has " + scales_text(has) + ", but scheme '" + at.scheme.name +
                    "' codes x as " + traces::spell(asked) +
                    "; take --timing-only, which needs none, or " +
                    calibrate_command(trace, at.scheme));
}

// Of int8: what codes, and in a Mamba1 layer without a table what decodes.
std::vector<float> int8_scales(const traces::Trace& trace, std::uint32_t index) {
    const auto find = [&](const char* name) {
        return trace.find(traces::weight_key(trace.info(), index, name));
    };
    if (const traces::Tensor* table = find("mixer.conv1d.x_out_scales")) {
        const auto* scales = table->as<float>();
        return {scales, scales + table->elements()};
    }
    const double coding = *find("mixer.conv1d.output_scale")->as<double>();
    return {static_cast<float>(coding), *find("mixer.selective_scan.u_scale")->as<float>()};
}

// Multiples of int8's scales, which a trace may have as large as FP32 goes.
void check_factor(const LayerPart& at, const traces::Trace& trace, bool numerics) {
    const XCode& code = at.part.x_code;
    if (!numerics || trace.info().shapes_only || code.factor <= 1) return;
    const std::vector<float> scales = int8_scales(trace, at.index);
    const float largest = *std::max_element(scales.begin(), scales.end());
    if (std::isfinite(largest * code.factor)) return;
    throw UserError(at.part.at.factor + "times the largest scale of layer " +
                    std::to_string(trace.info().first_layer + at.index) + " of " + trace.path() +
                    " it is more than FP32 holds; write less than " +
                    models::to_text(std::numeric_limits<float>::max() / largest));
}

// x_proj sums products of codes of at most two scales for a row; those of a table differ by column.
void check_x_proj(const LayerPart& at, const traces::Trace& trace, const ChipConfig& chip) {
    const traces::TraceInfo& info = trace.info();
    if (info.dims.mamba2() || chip.dequant_mux.x_proj_input != XProjInput::Codes) return;
    const XCode& code = at.part.x_code;
    const std::string take = "; write copy or requantized";
    const std::string layer = "layer " + std::to_string(info.first_layer + at.index);
    if (code.values()) {
        throw UserError(chip.where("dequant_mux.x_proj_input") + ": in " + layer + " scheme '" +
                        at.scheme.name + "' leaves x in FP32: there are no codes to multiply" +
                        take);
    }
    if (code.rotated()) {
        throw UserError(chip.where("dequant_mux.x_proj_input") + ": in " + layer + " scheme '" +
                        at.scheme.name +
                        "' rotates x: its codes are of other numbers than x_proj multiplies" +
                        take);
    }
    if (code.own_codes() && at.part.groups != GroupsOf::One) {
        throw UserError(chip.where("dequant_mux.x_proj_input") + ": in " + layer + " scheme '" +
                        at.scheme.name + "' has a table of scales, but a sum of codes has one" +
                        take);
    }
}

void check_row_buffers(const ChipConfig& chip, const Scheme& scheme, const traces::Dims& dims) {
    const auto refuse = [&](const std::string& key, const std::string& op, std::uint32_t has) {
        throw UserError(chip.where(key) + ": " + op + ": a row of " + std::to_string(dims.d_inner) +
                        " FP32 elements needs " +
                        std::to_string(models::ceil_div(dims.d_inner, 256)) + ", this is " +
                        std::to_string(has));
    };
    if (!models::hadamard_fits(chip.hadamard, dims.d_inner)) {
        refuse("hadamard.buffer_kib", "had", chip.hadamard.buffer_kib);
    }
    const bool rotates = std::any_of(
        scheme.layers.begin(), scheme.layers.end(),
        [](const LayerScheme& part) { return part.x_code.rotated() && !part.x_code.dense; });
    if (rotates && !models::rotation_fits(chip.rotation, dims.d_inner)) {
        refuse("rotation.buffer_kib", "rotate", chip.rotation.buffer_kib);
    }
}

}  // namespace

void check_inputs(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                  const RunOptions& options) {
    const traces::TraceInfo& info = trace.info();
    const std::string& path = trace.path();
    const std::uint64_t end = std::uint64_t{options.first_layer} + options.layers;
    for (std::uint32_t index = options.first_layer; index < info.layers; ++index) {
        if (options.layers > 0 && index >= end) break;
        const std::uint32_t layer = info.first_layer + index;
        const LayerPart at{scheme, scheme.of_layer(layer, info.dims.n_layer), index};
        check_groups(at, trace, options.numerics);
        check_code(at, trace, options.numerics);
        check_factor(at, trace, options.numerics);
        check_x_proj(at, trace, chip);
    }
    check_row_buffers(chip, scheme, info.dims);
    if (info.w4() && !chip.gemm.int4_weights) {
        throw UserError(chip.where("gemm.int4_weights") + ": " + path +
                        " has 4-bit weights, which this chip does not take; write true, or take a "
                        "W8A8 trace");
    }
    if (!options.numerics) return;
    if (info.shapes_only) {
        throw UserError(path + ": the trace holds shapes only; run it with --timing-only");
    }
    if (options.first_layer == 0) return;
    const std::uint32_t before = options.first_layer - 1;
    for (const char* name : {"out_proj.output", "norm.residual"}) {
        if (trace.recorded(before, name) != nullptr) continue;
        throw UserError(path + ": layer " + std::to_string(options.first_layer) +
                        " cannot be the first: the trace does not record " + name + " of layer " +
                        std::to_string(before) +
                        "; start at layer 0, record all, or run with --timing-only");
    }
}

}  // namespace mambasic::sim
