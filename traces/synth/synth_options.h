// What decides every byte of a synthetic trace.
#pragma once

#include <cstdint>
#include <string>

#include "traces/synth/scheme.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

struct SynthOptions {
    std::string model;
    Dims dims;
    Precision precision = Precision::W8A8;
    Scheme scheme = Scheme::Quamba1;
    GroupShape groups;  // of Quamba2's scales; ssd_groups is dims.groups
    Phase phase = Phase::Prefill;
    std::uint32_t batch = 1;
    std::uint32_t tokens = 0;         // per sequence; decode: steps
    std::uint32_t prompt_tokens = 0;  // decode: prefilled first, for states and calibration
    std::uint32_t layers = 0;         // the first so many of the model
    std::uint64_t seed = 0;
    std::uint32_t sample = 0;  // of the seed's model and scales: which tokens it sees
    float outlier_share = 0;   // of the conv channels (weights.h)
    RecordLevel record = RecordLevel::None;
    bool shapes_only = false;
    std::uint32_t calibration_tokens = 0;  // at most so many of the prompt's, in samples of at most
    std::uint32_t sample_tokens = 0;       // so many
    float epsilon = 1e-5F;                 // Mamba's RMSNorm
    std::string producer;
};

/// The defaults that the command line documents: 512 tokens (decode: 16 after a prompt of 32), all
/// layers, 0.1 % outlier channels, recording outputs, 512 calibration tokens in samples of 256.
SynthOptions default_options(const std::string& model, const Dims& dims, Phase phase);

/// The metadata of the trace.
TraceInfo info_of(const SynthOptions& options);

/// Throws TraceError where the options contradict each other.
void require_options(const SynthOptions& options, const std::string& path);

}  // namespace mambasic::traces::synth
