// Whether two traces are samples of one model.
#pragma once

#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Throws TraceError where `other` does not hold the layers of `first` with the same weights and
/// scales, byte for byte: it says which hyperparameter, or else which weight or scale, differs.
/// What the other holds besides is its own.
void require_same_model(const Trace& first, const Trace& other);

}  // namespace mambasic::traces::synth
