#include "traces/synth/synth_options.h"

#include <array>
#include <charconv>

#include "traces/error.h"
#include "traces/metadata.h"

namespace mambasic::traces::synth {

namespace {

std::string spelled(float value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

}  // namespace

SynthOptions default_options(const std::string& model, const Dims& dims, Phase phase) {
    SynthOptions out;
    out.model = model;
    out.dims = dims;
    out.phase = phase;
    out.tokens = phase == Phase::Prefill ? 512 : 16;
    out.prompt_tokens = 32;
    out.layers = dims.n_layer;
    out.outlier_share = 0.001F;
    out.record = RecordLevel::Outputs;
    out.calibration_tokens = 512;
    out.sample_tokens = 256;
    out.producer = "mambasic trace synth";
    return out;
}

TraceInfo info_of(const SynthOptions& options) {
    TraceInfo info;
    info.model = options.model;
    info.family = options.dims.mamba2() ? "mamba2" : "mamba1";
    info.scheme = options.scheme == Scheme::Quamba2 ? "quamba2" : "quamba1";
    info.precision = options.precision == Precision::W4A8 ? "w4a8" : "w8a8";
    info.phase = options.phase;
    info.batch = options.batch;
    info.tokens = options.tokens;
    info.layers = options.layers;
    info.has_head = true;
    info.shapes_only = options.shapes_only;
    info.record = options.record;
    info.dims = options.dims;
    info.groups = options.groups;
    info.epsilon = options.epsilon;
    info.producer = options.producer;
    info.notes = {{"synth.seed", std::to_string(options.seed)},
                  {"synth.outlier_share", spelled(options.outlier_share)},
                  {"synth.calibration_tokens", std::to_string(options.calibration_tokens)},
                  {"synth.sample_tokens", std::to_string(options.sample_tokens)}};
    if (options.sample > 0) info.notes["synth.sample"] = std::to_string(options.sample);
    if (options.phase == Phase::Decode) {
        info.notes["synth.prompt_tokens"] = std::to_string(options.prompt_tokens);
    }
    return info;
}

void require_options(const SynthOptions& options, const std::string& path) {
    const auto require = [&path](bool holds, const char* name, const char* what) {
        if (!holds) throw error_in_metadata(path, name, what);
    };
    require(options.dims.mamba2() || options.scheme == Scheme::Quamba1, "scheme",
            "'quamba2' needs a network of family mamba2");
    require(options.outlier_share >= 0 && options.outlier_share <= 1, "synth.outlier_share",
            "is outside [0, 1]");
    require(options.sample_tokens >= 1, "synth.sample_tokens", "must be at least 1");
    require(options.calibration_tokens >= 1, "synth.calibration_tokens", "must be at least 1");
    const bool prompted = options.phase == Phase::Prefill || options.prompt_tokens >= 1;
    require(prompted, "synth.prompt_tokens", "must be at least 1");
    require(options.prompt_tokens <= (1U << 24), "synth.prompt_tokens", "exceeds 2^24");
    require_sane(path, info_of(options));
}

}  // namespace mambasic::traces::synth
