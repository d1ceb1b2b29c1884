#include "sim/scheme_code.h"

#include <array>
#include <optional>
#include <set>

#include "models/common/yaml_scalar.h"

namespace mambasic::sim {

using models::YamlMap;
using traces::FlagRule;
using traces::Observation;
using traces::Observer;
using traces::XCode;
using traces::XFormat;

namespace {

using Names = std::set<std::string>;

constexpr double kLargestFactor = 1e6;
constexpr const char* kFactorRange = "a number above 1 and at most 1e6";
constexpr const char* kFactorMeaning =
    "high scale over low scale (dual8, dual4), or what decoding multiplies int8's scale by "
    "(uniform8); dual4 may take it from the data: calibrated, so that the largest value that was "
    "seen just fits";

struct CodeKey {
    const char* key;
    const char* owners;
};
constexpr std::array<CodeKey, 7> kCodeKeys = {{
    {"levels", "code dual4"},
    {"flag_rule", "code dual4"},
    {"quantile", "code dual4 with another observer than mse"},
    {"factor", "code dual8 or uniform8, or dual4 with another observer than mse"},
    {"flags", "code dual8 or dual4"},
    {"sparse_percent", "flags: sparse"},
    {"rotation", "code rotated8"},
}};

XFormat take_format(YamlMap& map) {
    if (map.raw("code") == "int4") {
        map.reject("code",
                   "there are no 4 bits alone; write dual4, which adds a flag, or int5, as many "
                   "bits without one");
    }
    return map.take_enum<XFormat>(
        "code",
        {{"int8", XFormat::Int8},
         {"int8-sim", XFormat::Int8Sim},
         {"fp32", XFormat::Fp32},
         {"int5", XFormat::Int5},
         {"dual8", XFormat::Dual8},
         {"uniform8", XFormat::Uniform8},
         {"dual4", XFormat::Dual4},
         {"rotated8", XFormat::Rotated8}},
        "how the convolution codes x for the SSM: 8 bits; FP32 that holds what 8 bits decode to; "
        "FP32 as it is; 5 bits; 8 bits and a flag that selects one of two scales; 8 bits decoded "
        "with a multiple of their scale; 4 bits and a flag; 8 bits of x turned by a matrix, and "
        "turned back where the SSM reads it");
}

// The chip multiplies by the FP32 number.
std::optional<float> factor_in(const std::string& text) {
    const auto number = models::parse_number(text);
    if (!number.value || *number.value > kLargestFactor) return std::nullopt;
    const auto factor = static_cast<float>(*number.value);
    if (factor <= 1) return std::nullopt;
    return factor;
}

float take_number_factor(YamlMap& map) {
    const std::string text = map.raw("factor");
    const std::optional<float> factor = factor_in(text);
    if (!text.empty() && !factor) map.reject("factor", std::string("must be ") + kFactorRange);
    return static_cast<float>(
        map.take_double("factor", 1, kLargestFactor, "ratio", kFactorMeaning));
}

// 0: calibrated.
float take_factor_or_calibrated(YamlMap& map) {
    const std::string text = map.take_text("factor", kFactorMeaning, "calibrated | number");
    if (text == "calibrated") return 0;
    const std::optional<float> factor = factor_in(text);
    if (!factor) map.reject("factor", std::string("must be calibrated, or ") + kFactorRange);
    return *factor;
}

void take_flags(XCode& code, YamlMap& map, Names& taken) {
    taken.insert("flags");
    const bool sparse = map.take_enum<bool>(
        "flags", {{"packed", false}, {"sparse", true}},
        "a bit for each channel in the words, or a list of the flagged channels of a row");
    if (!sparse) return;
    taken.insert("sparse_percent");
    code.sparse_percent =
        map.take_u32("sparse_percent", 1, 100, "%",
                     "channels of a row that the list of flags has room for; where more would be "
                     "flagged, the later ones saturate");
}

void take_levels(XCode& code, YamlMap& map, Names& taken) {
    taken.insert({"levels", "flag_rule"});
    code.skewed = map.take_enum<bool>(
        "levels", {{"signed", false}, {"skewed", true}},
        "what 4 bits count: -8 to 7, or -1 to 14, because SiLU is never below -0.2785");
    code.rule = map.take_enum<FlagRule>(
        "flag_rule", {{"overflow", FlagRule::Overflow}, {"threshold", FlagRule::Threshold}},
        "what is flagged: what the code of the low scale does not hold; or whatever is above the "
        "quantile");
}

// The observer mse finds both scales by itself.
void take_split(Observation& observer, YamlMap& map, Names& taken) {
    if (observer.observer == Observer::Mse) return;
    taken.insert({"quantile", "factor"});
    const double quantile =
        map.take_double("quantile", 0, 1, "share",
                        "of |y|, y being the convolution's output: what lies below it is coded "
                        "with the low scale");
    observer.quantile = static_cast<float>(quantile);
    if (observer.quantile <= 0) map.reject("quantile", "must be above 0");
    observer.factor = take_factor_or_calibrated(map);
}

Names take_keys_of(XCode& code, Observation& observer, YamlMap& map) {
    Names taken;
    if (code.format == XFormat::Dual8 || code.format == XFormat::Uniform8) {
        taken.insert("factor");
        code.factor = take_number_factor(map);
    }
    if (code.format == XFormat::Dual4) {
        take_levels(code, map, taken);
        take_split(observer, map, taken);
    }
    if (code.dual()) take_flags(code, map, taken);
    if (code.rotated()) {
        taken.insert("rotation");
        code.dense = map.take_enum<bool>("rotation", {{"hadamard", false}, {"dense", true}},
                                         "what turns x: a Hadamard matrix, by butterflies, or one "
                                         "of the trace, by multiplying");
    }
    return taken;
}

}  // namespace

XCode take_code(YamlMap& map, Observation& observer) {
    XCode code;
    code.format = take_format(map);
    const Names taken = take_keys_of(code, observer, map);
    for (const CodeKey& key : kCodeKeys) {
        if (taken.count(key.key) == 0) map.refuse_idle(key.key, std::string("take ") + key.owners);
    }
    return code;
}

std::vector<std::string> code_keys() {
    std::vector<std::string> names;
    for (const CodeKey& key : kCodeKeys) names.emplace_back(key.key);
    return names;
}

std::string code_warning(const XCode& code, const Observation& observer) {
    if (!code.dual()) return "";
    const bool dual4 = code.format == XFormat::Dual4;
    // The smallest flagged value, half a step above the largest code, must round to a code of 1.
    constexpr float kLargestUseful = 255;
    constexpr float kLargestUsefulSigned = 15;
    constexpr float kLargestUsefulSkewed = 29;
    const float useful = !dual4        ? kLargestUseful
                         : code.skewed ? kLargestUsefulSkewed
                                       : kLargestUsefulSigned;
    if ((dual4 ? observer.factor : code.factor) <= useful) return "";
    return "factor is above " + models::to_text(useful) +
           ": the smallest values that are flagged decode to 0, which is worse than saturating "
           "them";
}

}  // namespace mambasic::sim
