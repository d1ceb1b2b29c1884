#include "traces/synth/same_model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "traces/error.h"
#include "traces/metadata.h"

namespace mambasic::traces::synth {

namespace {

// Scales have the floats that FP16 is too narrow for; no other tensor of W8A8 has. In W4 a part of
// the weights looks like scales here, but the codes beside it then differ as well.
bool is_scale(const Tensor& tensor) {
    return tensor.dtype == DType::F32 || tensor.dtype == DType::F64;
}

std::string value_of(const Trace& trace, const std::string& key) {
    const auto metadata = metadata_of(trace.info());
    const auto found = metadata.find(key);
    return found == metadata.end() ? "" : found->second;
}

void require_same_value(const Trace& first, const Trace& other, const std::string& key,
                        const std::string& why) {
    const std::string one = value_of(first, key);
    const std::string two = value_of(other, key);
    if (one == two) return;
    const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
    throw TraceError(other.path() + ": metadata '" + key + "': " + shown(two) + " is not " +
                     shown(one) + ", that of " + first.path() + ": " + why);
}

void require_same_metadata(const Trace& first, const Trace& other) {
    constexpr std::array<const char*, 14> kModel{
        "family", "precision", "d_model", "d_inner", "d_state", "d_conv", "dt_rank",
        "heads",  "head_dim",  "groups",  "chunk",   "n_layer", "vocab",  "epsilon"};
    constexpr std::array<const char*, 2> kScales{"scheme", "table_groups"};
    for (const char* key : kModel) {
        require_same_value(first, other, key, "traces calibrated together are of one model");
    }
    require_same_value(first, other, "first_layer",
                       "traces calibrated together hold the same layers");
    if (other.info().layers < first.info().layers) {
        throw TraceError(other.path() +
                         ": metadata 'layers': " + std::to_string(other.info().layers) +
                         " are fewer than the " + std::to_string(first.info().layers) + " of " +
                         first.path() + ", which is the one that gets the scales");
    }
    if (other.info().layers > first.info().layers) return;  // its keys tell of more layers
    for (const char* key : kScales) {
        require_same_value(first, other, key,
                           "traces calibrated together start from the same scales; give them all "
                           "as they were before any was calibrated");
    }
}

// A note may hold anything.
bool is_number(const std::string& text) {
    constexpr std::size_t kMostDigits = 20;
    return !text.empty() && text.size() <= kMostDigits &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The reason, where both say what made them.
std::string seeds(const Trace& first, const Trace& other) {
    const std::string one = value_of(first, "synth.seed");
    const std::string two = value_of(other, "synth.seed");
    if (one == two || !is_number(one) || !is_number(two)) return "";
    return "; its synth.seed is " + two + ", not " + one +
           ": another seed makes another model, trace synth --sample another sample of one";
}

void require_same_tensor(const Trace& first, const Trace& other, const Tensor& tensor) {
    const Tensor* same = other.find(tensor.name);
    if (same != nullptr && same->dtype == tensor.dtype && same->shape == tensor.shape &&
        std::memcmp(same->data, tensor.data, tensor.bytes()) == 0) {
        return;
    }
    const std::string what =
        is_scale(tensor) ? "is another scale than that of " + first.path() +
                               ", of the same weights: traces calibrated together start from the "
                               "same scales; give them all as they were before any was calibrated, "
                               "synthetic ones with all options but --sample alike"
                         : "is another weight than that of " + first.path() +
                               ": traces calibrated together are of one model";
    throw TraceError(other.path() + ": tensor '" + tensor.name + "': " + what +
                     seeds(first, other));
}

}  // namespace

void require_same_model(const Trace& first, const Trace& other) {
    if (first.info().shapes_only || other.info().shapes_only) {
        const Trace& empty = first.info().shapes_only ? first : other;
        throw TraceError(empty.path() + ": holds shapes only, there is nothing to calibrate on");
    }
    require_same_metadata(first, other);
    for (const bool scales : {false, true}) {  // a model's own weights explain its scales
        for (const Tensor& tensor : first.tensors()) {
            const bool of_a_layer = tensor.name.rfind("backbone.layers.", 0) == 0;
            if (of_a_layer && is_scale(tensor) == scales) require_same_tensor(first, other, tensor);
        }
    }
}

}  // namespace mambasic::traces::synth
