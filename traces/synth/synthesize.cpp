#include "traces/synth/synthesize.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "traces/error.h"
#include "traces/metadata.h"
#include "traces/synth/pieces.h"
#include "traces/synth/quantized_layer.h"
#include "traces/synth/replay.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

std::string spelled(float value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

TraceInfo info_of(const SynthOptions& options) {
    TraceInfo info;
    info.model = options.model;
    info.family = "mamba1";
    info.scheme = "quamba1";
    info.precision = "w8a8";
    info.phase = options.phase;
    info.batch = options.batch;
    info.tokens = options.tokens;
    info.layers = options.layers;
    info.has_head = true;
    info.shapes_only = options.shapes_only;
    info.record = options.record;
    info.dims = options.dims;
    info.epsilon = options.epsilon;
    info.producer = options.producer;
    info.notes = {{"synth.seed", std::to_string(options.seed)},
                  {"synth.outlier_share", spelled(options.outlier_share)},
                  {"synth.calibration_tokens", std::to_string(options.calibration_tokens)},
                  {"synth.sample_tokens", std::to_string(options.sample_tokens)}};
    if (options.phase == Phase::Decode) {
        info.notes["synth.prompt_tokens"] = std::to_string(options.prompt_tokens);
    }
    return info;
}

void require_options(const SynthOptions& options, const std::string& path) {
    const auto require = [&path](bool holds, const char* name, const char* what) {
        if (!holds) throw error_in_metadata(path, name, what);
    };
    require(options.outlier_share >= 0 && options.outlier_share <= 1, "synth.outlier_share",
            "is outside [0, 1]");
    require(options.sample_tokens >= 1, "synth.sample_tokens", "must be at least 1");
    require(options.calibration_tokens >= 1, "synth.calibration_tokens", "must be at least 1");
    const bool prompted = options.phase == Phase::Prefill || options.prompt_tokens >= 1;
    require(prompted, "synth.prompt_tokens", "must be at least 1");
    require(options.prompt_tokens <= (1U << 24), "synth.prompt_tokens", "exceeds 2^24");
}

// One run through the layers: the prompt that calibrates (and, in decode, leaves the states), and
// in decode the steps after it.
class Synthesis {
public:
    Synthesis(const SynthOptions& options, const std::string& path)
        : options_(options),
          weights_{options.dims, options.seed, options.outlier_share},
          info_(info_of(options)),
          prompt_info_(info_),
          assembler_(path, info_) {
        if (decode()) {
            prompt_info_.phase = Phase::Prefill;
            prompt_info_.tokens = options.prompt_tokens;
        }
    }

    void run(const Progress& progress) {
        start();
        for (std::uint32_t index = 0; index < info_.layers; ++index) {
            run_layer_of(index);
            if (progress) progress(index + 1, info_.layers);
        }
        end();
        assembler_.finish();
    }

private:
    bool decode() const { return options_.phase == Phase::Decode; }
    /// The rows that the trace is about; in prefill they are the prompt.
    Stream& traced() { return decode() ? steps_ : prompt_; }

    void start();
    void run_layer_of(std::uint32_t index);
    void end();
    template <typename Visit>
    void each_sample(const Visit& visit) const;

    const SynthOptions& options_;
    const WeightOptions weights_;
    const TraceInfo info_;
    TraceInfo prompt_info_;
    Assembler assembler_;
    Stream prompt_;
    Stream steps_;
};

struct Embedding {
    std::vector<std::int8_t> codes;   // [vocab][D]
    std::vector<arith::Half> scales;  // [vocab]
};

Embedding draw_embedding(const WeightOptions& weights) {
    const std::size_t width = weights.dims.d_model;
    Embedding out;
    out.codes.resize(weights.dims.vocab * width);
    out.scales.resize(weights.dims.vocab);
#pragma omp parallel if (out.codes.size() >= kWorthThreads)
    {
        std::vector<float> row;
#pragma omp for schedule(static)
        for (std::uint32_t token = 0; token < weights.dims.vocab; ++token) {
            draw_embedding_row(weights, token, row);
            const float scale = embedding_scale(row.data(), width);
            out.scales[token] = arith::to_half(scale);
            for (std::size_t i = 0; i < width; ++i) {
                out.codes[token * width + i] = weight_code(row[i], scale);
            }
        }
    }
    return out;
}

void Synthesis::start() {
    const Embedding embedding = draw_embedding(weights_);
    Head head;
    head.embedding_weight = embedding.codes.data();
    head.embedding_scales = embedding.scales.data();
    const auto embedded = [&](const std::vector<std::int32_t>& tokens) {
        return golden::embed(options_.dims, head, tokens.data(), tokens.size());
    };
    const std::uint64_t rows = std::uint64_t{info_.batch} * info_.tokens;
    const std::vector<std::int32_t> tokens = draw_tokens(weights_, "tokens", rows);
    traced().hidden = embedded(tokens);
    if (decode()) {
        const std::uint64_t prompt_rows = std::uint64_t{info_.batch} * prompt_info_.tokens;
        prompt_.hidden = embedded(draw_tokens(weights_, "prompt", prompt_rows));
    }
    Pieces pieces;
    pieces.add("trace.tokens", tokens);
    pieces.add("backbone.embedding.weight", embedding.codes);
    pieces.add("backbone.embedding.scales", embedding.scales);
    pieces.add("trace.embedding.output", traced().hidden);
    assembler_.write(pieces);
}

template <typename Visit>
void Synthesis::each_sample(const Visit& visit) const {
    const std::size_t width = options_.dims.d_model;
    std::uint32_t left = options_.calibration_tokens;
    for (std::uint32_t b = 0; b < info_.batch; ++b) {
        for (std::uint32_t t = 0; t < prompt_info_.tokens && left > 0;) {
            const std::uint32_t tokens =
                std::min({options_.sample_tokens, prompt_info_.tokens - t, left});
            const std::size_t at = (std::size_t{b} * prompt_info_.tokens + t) * width;
            const float* residual = prompt_.residual_or_null();
            visit(Sample{tokens, prompt_.hidden.data() + at,
                         residual == nullptr ? nullptr : residual + at, options_.epsilon});
            t += tokens;
            left -= tokens;
        }
    }
}

void Synthesis::run_layer_of(std::uint32_t index) {
    LayerObservers observers;
    FloatLayer floats = draw_layer(weights_, index);
    each_sample([&](const Sample& sample) { calibrate(options_.dims, floats, sample, observers); });
    const QuantizedLayer quantized(options_.dims, floats, draw_out_proj(weights_, index));
    floats = FloatLayer{};  // a hundred megabytes and more in the largest models
    const Mamba1Layer layer = quantized.view(observers);

    Pieces pieces;
    pieces.add_layer(info_, index, layer);
    golden::LayerState state;
    golden::LayerTensors tensors = run_layer(prompt_info_, layer, prompt_, state);
    const golden::LayerState state_in = state;
    if (decode()) {
        prompt_ = after(tensors);
        tensors = run_layer(info_, layer, steps_, state);
        pieces.add_states_in(info_, index, state_in);
    }
    traced() = after(tensors);
    pieces.add_recorded(info_, index, tensors, state);
    assembler_.write(pieces);
}

void Synthesis::end() {
    MinMaxObserver lm_head_input;
    const std::vector<float> norm_f = draw_norm_f(weights_);
    each_sample([&](const Sample& sample) {
        const std::vector<float> normed = float_norm(norm_f, sample);
        lm_head_input.observe(normed.data(), normed.size());
    });
    const std::vector<arith::Half> norm_weight = to_halves(norm_f);
    const QuantizedWeight lm_head = draw_lm_head(weights_);
    Head head;
    head.norm_f_weight = norm_weight.data();
    head.norm_f_output_scale = lm_head_input.scale();
    head.lm_head.weight = lm_head.codes.data();
    head.lm_head.n = options_.dims.vocab;
    head.lm_head.n_padded =
        static_cast<std::uint32_t>(lm_head.codes.size() / options_.dims.d_model);
    head.lm_head.k = options_.dims.d_model;
    set_half_factors(head.lm_head, lm_head.scale, lm_head_input.scale());
    const golden::HeadTensors recorded = run_head(info_, head, traced());
    Pieces pieces;
    pieces.add_head(info_, head, recorded);
    assembler_.write(pieces);
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

void synthesize(const SynthOptions& options, const std::string& path, const Progress& progress) {
    require_options(options, path);
    require_sane(path, info_of(options));
    if (options.shapes_only) {
        Assembler(path, info_of(options)).finish();
        return;
    }
    Synthesis(options, path).run(progress);
}

}  // namespace mambasic::traces::synth
