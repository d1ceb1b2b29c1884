// Networks small enough for a test: tiny is traces/networks/tiny.yaml, which is read elsewhere.
#pragma once

#include "traces/synth/synthesize.h"

namespace mambasic::traces::test {

inline synth::SynthOptions tiny_options(Phase phase = Phase::Prefill) {
    const Dims tiny{96, 192, 16, 4, 16, 2, 256};
    synth::SynthOptions options = synth::default_options("tiny", tiny, phase);
    options.tokens = phase == Phase::Prefill ? 24 : 3;
    options.prompt_tokens = 12;
    options.record = RecordLevel::All;
    options.seed = 1;
    return options;
}

/// Two SSD groups of four heads of 32 channels; wide enough for W4's groups of 128.
inline Dims tiny2_dims() { return {128, 256, 16, 4, 0, 2, 256, Family::Mamba2, 8, 32, 2, 16}; }

inline synth::SynthOptions tiny2_options(synth::Scheme scheme, synth::Precision precision,
                                         Phase phase = Phase::Prefill) {
    synth::SynthOptions options = tiny_options(phase);
    options.model = "tiny2";
    options.dims = tiny2_dims();
    options.scheme = scheme;
    options.precision = precision;
    if (scheme == synth::Scheme::Quamba2) options.groups = {2, 4, 4};
    return options;
}

}  // namespace mambasic::traces::test
