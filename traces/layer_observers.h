// How metadata spells what made the scales of a trace's layers: "percentile", or, where layers
// differ, "12 percentile, 12 minmax-codes" (FORMAT.md, "Metadata").
#pragma once

#include <string>

#include "traces/observer.h"

namespace mambasic::traces {

const char* name_of(Observer observer);

/// "percentile-0.999-0.05-codes-q0.99-x4".
std::string spell(const Observation& observation);
/// False where the text spells none.
bool read_observation(const std::string& text, Observation& out);

std::string spell_layer_observers(const LayerObservers& observers);

/// False where the text does not spell so many layers' observers; one word alone is of all.
bool read_layer_observers(const std::string& text, std::size_t layers, LayerObservers& out);

}  // namespace mambasic::traces
