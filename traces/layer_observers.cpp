#include "traces/layer_observers.h"

#include <algorithm>

#include "traces/layer_runs.h"

namespace mambasic::traces {

const char* name_of(Observer observer) {
    return observer == Observer::MinMax ? "minmax" : "percentile";
}

std::string spell_layer_observers(const LayerObservers& observers) {
    std::vector<std::string> words(observers.size());
    std::transform(observers.begin(), observers.end(), words.begin(), name_of);
    return spell_words(words);
}

bool read_layer_observers(const std::string& text, std::size_t layers, LayerObservers& out) {
    std::vector<std::string> words;
    if (!read_words(text, layers, words)) return false;
    for (const std::string& word : words) {
        const bool minmax = word == name_of(Observer::MinMax);
        if (!minmax && word != name_of(Observer::Percentile)) return false;
        out.push_back(minmax ? Observer::MinMax : Observer::Percentile);
    }
    return true;
}

}  // namespace mambasic::traces
