// How metadata spells what made the scales of a trace's layers: "percentile", or, where layers
// differ, "12 percentile, 12 minmax".
#pragma once

#include <string>

#include "traces/observer.h"

namespace mambasic::traces {

const char* name_of(Observer observer);

std::string spell_layer_observers(const LayerObservers& observers);

/// False where the text does not spell so many layers' observers; one word alone is of all.
bool read_layer_observers(const std::string& text, std::size_t layers, LayerObservers& out);

}  // namespace mambasic::traces
