// mambasic trace synth: a complete trace of a made-up model.
#include <filesystem>
#include <iostream>
#include <limits>

#include "reports/human.h"
#include "sim/commands/json_output.h"
#include "sim/commands/networks.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/weight_advice.h"
#include "sim/progress.h"
#include "traces/error.h"
#include "traces/synth/synthesize.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using traces::Phase;
using traces::RecordLevel;
using traces::synth::Precision;
using traces::synth::Scheme;
using traces::synth::SynthOptions;

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kMostTokens = 1U << 24;  // of a sequence, and
constexpr std::uint32_t kMostBatch = 4096;       // sequences: traces/FORMAT.md

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("model", text(), "a network of traces/networks, as mamba-130m, or a YAML file like those");
    add("phase", text(), "prefill: a prompt at once from zero states; decode: token by token");
    add("tokens", text(), "tokens of each sequence; in decode the steps");
    add("out", text(), "the file to write");
    add("precision", text(), "w8a8 (without it) or w4a8: 4-bit weights, groups of 128");
    add("scheme", text(),
        "quamba1: one scale per tensor; quamba2, Mamba2 only and there without it: group scales");
    add("groups", text(), kGroupsHelp);
    add("batch", text(), "sequences side by side; without it, 1");
    add("layers", text(), "only the first so many layers; without it, all");
    add("seed", text(), "another seed makes another model; without it, 0");
    add("sample", text(),
        "another sample is another prompt for the same weights and scales, so that calibrate takes "
        "both traces; every other option must be as in the first. Without it, 0");
    add("prompt", text(), "decode: tokens that were read before; without it, 32");
    add("outliers", text(), "share of outlier channels, 0 to 1; without it, 0.001");
    add("record", text(),
        "results to store: none, outputs (without it: states, last layer, logits), or all");
    add("shapes-only", po::bool_switch(), "a few hundred bytes: shapes for --timing-only runs");
    add_json_option(options);
}

Scheme scheme_from(const Arguments& arguments, const traces::Dims& dims) {
    const std::string scheme = arguments.text_or("scheme", dims.mamba2() ? "quamba2" : "quamba1");
    if (scheme != "quamba1" && scheme != "quamba2") {
        arguments.reject("scheme", "a trace is made with quamba1 or quamba2, not with '" + scheme +
                                       "'; mambasic calibrate --scheme then gives it the scales of "
                                       "any scheme");
    }
    if (scheme == "quamba1") return Scheme::Quamba1;
    if (!dims.mamba2()) {
        arguments.reject("scheme",
                         "a Mamba1 trace is made with quamba1; mambasic calibrate --scheme quamba2 "
                         "then gives it groups");
    }
    return Scheme::Quamba2;
}

void take_scheme(const Arguments& arguments, SynthOptions& options) {
    const bool w4 = arguments.choice_or("precision", {"w8a8", "w4a8"}, "w8a8") == "w4a8";
    options.precision = w4 ? Precision::W4A8 : Precision::W8A8;
    options.scheme = scheme_from(arguments, options.dims);
    if (options.scheme == Scheme::Quamba2) {
        options.groups = groups_from(arguments, options.dims);
    } else if (arguments.has("groups")) {
        arguments.reject("groups", "scheme quamba1 has one scale per tensor; quamba2 has groups");
    }
}

RecordLevel record_level(const std::string& word) {
    if (word == "none") return RecordLevel::None;
    return word == "all" ? RecordLevel::All : RecordLevel::Outputs;
}

SynthOptions options_from(const Arguments& arguments) {
    const Network network = load_network(arguments.text("model"));
    const bool decode = arguments.choice("phase", {"prefill", "decode"}) == "decode";
    SynthOptions options = traces::synth::default_options(network.name, network.dims,
                                                          decode ? Phase::Decode : Phase::Prefill);
    take_scheme(arguments, options);
    options.tokens = arguments.integer("tokens", 1, kMostTokens);
    options.batch = arguments.integer_or("batch", 1, kMostBatch, options.batch);
    options.layers = arguments.integer_or("layers", 1, network.dims.n_layer, options.layers);
    options.seed = arguments.integer_or("seed", 0, kMost, 0);
    options.sample = arguments.integer_or("sample", 0, kMost, 0);
    if (!decode && arguments.has("prompt")) {
        arguments.reject("prompt",
                         "only a decode trace has one; in prefill --tokens is the prompt");
    }
    options.prompt_tokens = arguments.integer_or("prompt", 1, kMostTokens, options.prompt_tokens);
    options.outlier_share = static_cast<float>(
        arguments.number_or("outliers", 0, 1, static_cast<double>(options.outlier_share)));
    options.record =
        record_level(arguments.choice_or("record", {"none", "outputs", "all"}, "outputs"));
    options.shapes_only = arguments.has("shapes-only");
    options.producer = "mambasic " MAMBASIC_VERSION " trace synth";
    return options;
}

// What the words say one by one may still not go together: more tokens in all than a trace holds,
// or 4-bit weights of a network that is too narrow for them.
void require_together(const Arguments& arguments, const SynthOptions& options) {
    const std::string model = arguments.text("model");
    try {
        traces::synth::require_options(options, model);
    } catch (const traces::MetadataError& error) {
        if (error.key() == "tokens") arguments.reject("tokens", error.reason());
        arguments.reject("model", "'" + model + "': " + error.key() + " " + error.reason());
    }
}

int synth_command(const Arguments& arguments) {
    const SynthOptions options = options_from(arguments);
    require_together(arguments, options);
    const std::string path = checked_file(arguments, "out", arguments.text("model"));
    {
        ProgressLine line("synthesizing", true);
        traces::synth::synthesize(options, path, [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        });
    }
    if (arguments.has("json")) {
        std::cout << written_document(
            path, {{"model", options.model},
                   {"chip", chip_for(options.dims, options.precision == Precision::W4A8)}});
        return kExitDone;
    }
    std::cout << "wrote " << path << ", " << reports::human_bytes(std::filesystem::file_size(path))
              << "\n\nNext\n  mambasic run "
              << chip_for(options.dims, options.precision == Precision::W4A8) << " --trace " << path
              << (options.shapes_only ? " --timing-only" : "") << "\n";
    return kExitDone;
}

}  // namespace

Verb trace_synth_verb() {
    return {"trace synth",
            "make a complete, deterministic trace of a made-up model",
            "--model M --phase prefill|decode --tokens N --out F [options]",
            "mambasic trace synth --model mamba-130m --phase prefill --tokens 512 --layers 1 --out "
            "t.safetensors\n  mambasic trace synth --model mamba-130m --phase prefill --tokens 512 "
            "--layers 1 --sample 1 --out t1.safetensors",
            {},
            describe,
            synth_command};
}

}  // namespace mambasic::sim
