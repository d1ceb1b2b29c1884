#include "sim/commands/option_values.h"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>

namespace mambasic::sim {
namespace {

struct Known {
    const char* option;
    OptionValues values;
};

const std::vector<Known>& known_options() {
    static const std::vector<Known> all = {
        {"chip", {ValueKind::Chip, {}}},
        {"scheme", {ValueKind::Scheme, {}}},
        {"schemes", {ValueKind::Schemes, {}}},
        {"model", {ValueKind::Network, {}}},
        {"set", {ValueKind::Setting, {}}},
        {"key", {ValueKind::Key, {}}},
        {"kind", {ValueKind::Word, {"chip", "scheme", "tech", "dram", "report", "compare"}}},
        {"shell", {ValueKind::Word, {"bash", "zsh", "chips", "schemes", "networks", "keys"}}},
        {"phase", {ValueKind::Word, {"prefill", "decode"}}},
        {"precision", {ValueKind::Word, {"w8a8", "w4a8"}}},
        {"record", {ValueKind::Word, {"none", "outputs", "all"}}},
        {"observer", {ValueKind::Word, {"percentile", "minmax"}}},
        {"against", {ValueKind::Word, {"golden", "golden-chunked", "recorded"}}},
        {"dram-trace-format", {ValueKind::Word, {"ramulator2", "dramsim3"}}},
        {"layers", {ValueKind::Free, {}}},
        {"jobs", {ValueKind::Free, {}}},
        {"tokens", {ValueKind::Free, {}}},
        {"batch", {ValueKind::Free, {}}},
        {"seed", {ValueKind::Free, {}}},
        {"sample", {ValueKind::Free, {}}},
        {"prompt", {ValueKind::Free, {}}},
        {"outliers", {ValueKind::Free, {}}},
        {"groups", {ValueKind::Free, {}}},
        {"dram-trace-limit", {ValueKind::Free, {}}},
        {"timeline", {ValueKind::Free, {}}},
        {"vcd", {ValueKind::Free, {}}},
        {"timeline-limit", {ValueKind::Free, {}}},
    };
    return all;
}

}  // namespace

OptionValues values_of(const Verb& verb, const boost::program_options::option_description& option) {
    const std::string& name = option.long_name();
    if (option.semantic()->max_tokens() == 0) return {ValueKind::Flag, {}};
    if (verb.name == "trace synth" && name == "scheme") {
        return {ValueKind::Word, {"quamba1", "quamba2"}};
    }
    const auto place = std::find_if(known_options().begin(), known_options().end(),
                                    [&](const Known& known) { return known.option == name; });
    return place == known_options().end() ? OptionValues{} : place->values;
}

}  // namespace mambasic::sim
