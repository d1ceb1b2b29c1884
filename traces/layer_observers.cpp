#include "traces/layer_observers.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "traces/layer_runs.h"
#include "traces/words.h"
#include "traces/x_code.h"

namespace mambasic::traces {

namespace {

constexpr std::array<Observer, 4> kAll{Observer::MinMax, Observer::Percentile,
                                       Observer::OutlierAware, Observer::Mse};

// Takes the words behind the statistic's name one by one.
class Rest {
public:
    explicit Rest(const std::string& text) : words_(split(text, '-')) {}

    bool done() const { return next_ == words_.size(); }
    bool take(const std::string& word) {
        if (done() || words_[next_] != word) return false;
        ++next_;
        return true;
    }
    /// A number in (low, high] behind `prefix`.
    bool take(const std::string& prefix, float low, float high, float& out) {
        float value = 0;
        if (!next_number(prefix, value) || value <= low || value > high) return false;
        out = value;
        ++next_;
        return true;
    }
    /// A number in [0, 1].
    bool take_share(float& out) {
        float value = 0;
        if (!next_number("", value) || value < 0 || value > 1) return false;
        out = value;
        ++next_;
        return true;
    }

private:
    bool next_number(const std::string& prefix, float& out) const {
        return !done() && words_[next_].rfind(prefix, 0) == 0 &&
               read_decimal(words_[next_].substr(prefix.size()), out);
    }

    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

bool read_numbers(const std::string& text, Observation& out) {
    Rest rest(text);
    if (out.follows_quantile() && rest.take("", 0, 1, out.alpha) &&
        !rest.take_share(out.sigma)) {  // 0: the first sample decides
        return false;
    }
    out.codes = rest.take("codes");
    if (out.observer != Observer::Mse && rest.take("q", 0, 1, out.quantile)) {
        rest.take("x", 1, kLargestXFactor, out.factor);
    }
    return rest.done();
}

}  // namespace

const char* name_of(Observer observer) {
    switch (observer) {
        case Observer::MinMax:
            return "minmax";
        case Observer::Percentile:
            return "percentile";
        case Observer::OutlierAware:
            return "outlier-aware";
        case Observer::Mse:
            return "mse";
    }
    throw std::logic_error("no such observer");
}

std::string spell(const Observation& observation) {
    const Observation usual = observation.observer;
    std::string out = name_of(observation.observer);
    if (observation.alpha != usual.alpha || observation.sigma != usual.sigma) {
        out += "-" + decimal(observation.alpha) + "-" + decimal(observation.sigma);
    }
    if (observation.codes) out += "-codes";
    if (observation.quantile > 0) out += "-q" + decimal(observation.quantile);
    if (observation.factor > 0) out += "-x" + decimal(observation.factor);
    return out;
}

bool read_observation(const std::string& text, Observation& out) {
    for (const Observer observer : kAll) {
        const std::string name = name_of(observer);
        out = observer;
        if (text == name) return true;
        if (text.rfind(name + "-", 0) != 0) continue;
        const std::string numbers = text.substr(name.size() + 1);
        return !numbers.empty() && read_numbers(numbers, out);
    }
    return false;
}

std::string spell_layer_observers(const LayerObservers& observers) {
    std::vector<std::string> words(observers.size());
    std::transform(observers.begin(), observers.end(), words.begin(), spell);
    return spell_words(words);
}

bool read_layer_observers(const std::string& text, std::size_t layers, LayerObservers& out) {
    std::vector<std::string> words;
    out.clear();
    return read_words(text, layers, words) &&
           std::all_of(words.begin(), words.end(), [&out](const std::string& word) {
               return read_observation(word, out.emplace_back());
           });
}

}  // namespace mambasic::traces
