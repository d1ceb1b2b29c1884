// The dimensions of traces/networks/tiny.yaml, which is read elsewhere.
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

}  // namespace mambasic::traces::test
