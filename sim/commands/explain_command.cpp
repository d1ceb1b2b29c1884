// mambasic explain: what a configuration key means, and what a chip's area is made of.
#include <iostream>

#include "sim/commands/explain.h"
#include "sim/commands/explain_area.h"
#include "sim/commands/networks.h"
#include "sim/commands/verb.h"
#include "sim/scale_tables.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* kArea = "area";  // no key has this name
constexpr const char* kUsualNetwork = "mamba-130m";
constexpr const char* kUsualScheme = "quamba1";

void describe(po::options_description& options) {
    auto add = options.add_options();
    add("key", po::value<std::string>(),
        "a key as in gemm.rows, a block as in gemm, schemes, which lists those that there are, or "
        "area, what the chip's area is the sum of; without it, every key");
    add("chip", po::value<std::string>(),
        "show the values of this chip; without it, of edge-32x32");
    add("scheme", po::value<std::string>(),
        "area: of a chip for this scheme; without it, for quamba1");
    add("model", po::value<std::string>(),
        "area: and for this network; without it, for mamba-130m");
}

int area_command(const Arguments& arguments, const std::string& chip_name) {
    const Network network = load_network(arguments.text_or("model", kUsualNetwork));
    const ChipConfig chip = ChipConfig::load(chip_name, {});
    const Scheme scheme = Scheme::load(arguments.text_or("scheme", kUsualScheme));
    Workload work;
    work.dims = network.dims;
    work.layers = network.dims.n_layer;
    work.scale_ranges = scale_ranges(scheme, work.dims, chip);
    check_tables(work, chip);
    std::cout << "chip " << chip.name << ", network " << network.name << ", scheme " << scheme.name
              << "\n"
              << explain_area(chip, work);
    return kExitDone;
}

int explain_command(const Arguments& arguments) {
    const std::string key = arguments.text_or("key", "");
    const std::string chip = arguments.text_or("chip", kUsualChip);
    if (key == kArea) return area_command(arguments, chip);
    for (const char* option : {"scheme", "model"}) {
        if (arguments.has(option)) arguments.reject(option, "only with the key 'area'");
    }
    for (const std::string& line : explain(key, chip)) std::cout << line << "\n";
    return kExitDone;
}

}  // namespace

Verb explain_verb() {
    return {"explain",
            "what a configuration key means, its unit, range, value, and what depends on it; what "
            "a chip's area is made of",
            "[KEY | area [--scheme S] [--model N]] [--chip CHIP]",
            "mambasic explain ssm.exp_units",
            {"key"},
            describe,
            explain_command};
}

}  // namespace mambasic::sim
