#include "traces/synth/synthesize.h"

#include <algorithm>

#include "traces/synth/embedding.h"
#include "traces/synth/mamba1_quantized.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/out_proj.h"
#include "traces/synth/pieces.h"
#include "traces/synth/replay.h"

namespace mambasic::traces::synth {

namespace {

// One run through the layers: the prompt that calibrates (and, in decode, leaves the states), and
// in decode the steps after it. Scales belong to the model, so a further sample brings a prompt of
// its own, and the first one's still calibrates.
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
            if (options_.dims.mamba2()) {
                run_layer_of(index, make_mamba2(index));
            } else {
                run_layer_of(index, make_mamba1(index));
            }
            if (progress) progress(index + 1, info_.layers);
        }
        end();
        assembler_.finish();
    }

private:
    bool decode() const { return options_.phase == Phase::Decode; }
    /// The rows that the trace is about; in prefill they are the prompt.
    Stream& traced() { return decode() ? steps_ : prompt_; }
    bool first_sample() const { return options_.sample == 0; }
    const Stream& calibrating() const { return first_sample() ? prompt_ : first_prompt_; }
    /// The sample's own stream of tokens.
    std::vector<std::int32_t> drawn(const char* name, const TraceInfo& info) const;

    void start();
    QuantizedMamba1 make_mamba1(std::uint32_t index) const;
    QuantizedMamba2 make_mamba2(std::uint32_t index) const;
    Grouping grouping_of(const Mamba2Floats& floats) const;
    template <typename Quantized>
    void run_layer_of(std::uint32_t index, const Quantized& layer);
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
    Stream first_prompt_;  // empty in the first sample, whose prompt it is
};

std::uint64_t rows_of(const TraceInfo& info) { return std::uint64_t{info.batch} * info.tokens; }

std::vector<std::int32_t> Synthesis::drawn(const char* name, const TraceInfo& info) const {
    const std::string stream =
        first_sample() ? name : std::string(name) + "." + std::to_string(options_.sample);
    return draw_tokens(weights_, stream, rows_of(info));
}

void Synthesis::start() {
    const Embedding embedding(weights_, options_.precision);
    const auto embedded = [&](const std::vector<std::int32_t>& tokens) {
        return golden::embed(options_.dims, embedding.head(), tokens.data(), tokens.size());
    };
    const char* prompt = decode() ? "prompt" : "tokens";
    const std::vector<std::int32_t> tokens = drawn("tokens", info_);
    traced().hidden = embedded(tokens);
    if (decode()) prompt_.hidden = embedded(drawn(prompt, prompt_info_));
    if (!first_sample()) {
        first_prompt_.hidden = embedded(draw_tokens(weights_, prompt, rows_of(prompt_info_)));
    }
    Pieces pieces;
    pieces.add("trace.tokens", tokens);
    embedding.add_to(pieces);
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
            const float* residual = calibrating().residual_or_null();
            visit(Sample{tokens, calibrating().hidden.data() + at,
                         residual == nullptr ? nullptr : residual + at, options_.epsilon});
            t += tokens;
            left -= tokens;
        }
    }
}

QuantizedMamba1 Synthesis::make_mamba1(std::uint32_t index) const {
    const Mamba1Floats floats = draw_mamba1_layer(weights_, index);
    Mamba1Observers observers(options_.dims, {}, ungrouped(options_.dims));
    each_sample([&](const Sample& sample) { calibrate(options_.dims, floats, sample, observers); });
    QuantizedMamba1 out(options_.dims, options_.precision, floats, draw_out_proj(weights_, index));
    out.set_scales(observers);
    return out;
}

Grouping Synthesis::grouping_of(const Mamba2Floats& floats) const {
    const Dims& dims = options_.dims;
    if (options_.scheme == Scheme::Quamba1) return ungrouped(dims);
    std::vector<float> statistic(dims.d_inner, 0.0F);
    each_sample([&](const Sample& sample) { observe_channels(dims, floats, sample, statistic); });
    return group_channels(dims, options_.groups, statistic);
}

QuantizedMamba2 Synthesis::make_mamba2(std::uint32_t index) const {
    const Dims& dims = options_.dims;
    Mamba2Floats floats = draw_mamba2_layer(weights_, index);
    const Grouping grouping = grouping_of(floats);
    reorder(dims, grouping, floats);
    Mamba2Observers observers(dims, {options_.scheme}, grouping);
    each_sample([&](const Sample& sample) { calibrate(dims, floats, sample, observers); });
    std::vector<float> out_proj = draw_out_proj(weights_, index);
    reorder_and_rotate(grouping, out_proj);
    QuantizedMamba2 out(dims, options_.precision, floats, out_proj);
    out.set_scales(grouping, observers);
    return out;
}

template <typename Quantized>
void Synthesis::run_layer_of(std::uint32_t index, const Quantized& layer) {
    Pieces pieces;
    layer.add_to(pieces, info_, index);
    golden::LayerState state;
    const golden::Options options = options_of(info_, index);
    if (!first_sample()) {
        golden::LayerState unused;
        first_prompt_ =
            after(run_layer(prompt_info_, options, layer.view(), first_prompt_, unused));
    }
    golden::LayerTensors tensors = run_layer(prompt_info_, options, layer.view(), prompt_, state);
    const golden::LayerState state_in = state;
    if (decode()) {
        prompt_ = after(tensors);
        tensors = run_layer(info_, options, layer.view(), steps_, state);
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
    StoredLinear lm_head(options_.precision, lm_head_rows(weights_));
    lm_head.set_half_factors(lm_head_input.scale());
    Head head;
    head.norm_f_weight = norm_weight.data();
    head.norm_f_output_scale = lm_head_input.scale();
    head.lm_head = lm_head.view();
    const golden::HeadTensors recorded = run_head(info_, head, traced());
    Pieces pieces;
    pieces.add("backbone.norm_f.weight", norm_weight);
    pieces.add_f64("backbone.norm_f.output_scale", static_cast<double>(lm_head_input.scale()));
    lm_head.add_to(pieces, "lm_head");
    pieces.add_recorded_head(recorded);
    assembler_.write(pieces);
}

}  // namespace

void synthesize(const SynthOptions& options, const std::string& path, const Progress& progress) {
    require_options(options, path);
    if (options.shapes_only) {
        Assembler(path, info_of(options)).finish();
        return;
    }
    Synthesis(options, path).run(progress);
}

}  // namespace mambasic::traces::synth
