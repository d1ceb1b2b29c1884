#include "traces/layer_observers.h"

#include <algorithm>

#include "traces/layer_runs.h"

namespace mambasic::traces {

const char* name_of(Observer observer) {
    return observer == Observer::MinMax ? "minmax" : "percentile";
}

std::string spell_layer_observers(const LayerObservers& observers) {
    const bool alike = std::all_of(observers.begin(), observers.end(),
                                   [&](Observer other) { return other == observers.front(); });
    if (alike) return name_of(observers.front());
    std::vector<std::string> words(observers.size());
    std::transform(observers.begin(), observers.end(), words.begin(), name_of);
    return spell_runs(words);
}

bool read_layer_observers(const std::string& text, std::size_t layers, LayerObservers& out) {
    std::vector<std::string> words(layers, text);
    if (text.find(' ') != std::string::npos) {
        words.clear();
        if (!read_runs(text, words)) return false;
    }
    for (const std::string& word : words) {
        const bool minmax = word == name_of(Observer::MinMax);
        if (!minmax && word != name_of(Observer::Percentile)) return false;
        out.push_back(minmax ? Observer::MinMax : Observer::Percentile);
    }
    return out.size() == layers;
}

}  // namespace mambasic::traces
