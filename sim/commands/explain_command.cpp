// mambasic explain: what a configuration key means.
#include <iostream>

#include "sim/commands/explain.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    auto add = options.add_options();
    add("key", po::value<std::string>(),
        "a key as in gemm.rows, a block as in gemm, or schemes, which lists those that there are; "
        "without it, every key");
    add("chip", po::value<std::string>(),
        "show the values of this chip; without it, of edge-32x32");
}

int explain_command(const Arguments& arguments) {
    const std::string key = arguments.text_or("key", "");
    for (const std::string& line : explain(key, arguments.text_or("chip", kUsualChip))) {
        std::cout << line << "\n";
    }
    return kExitDone;
}

}  // namespace

Verb explain_verb() {
    return {"explain",
            "what a configuration key means, its unit, range, value, and what depends on it",
            "[KEY] [--chip CHIP]",
            "mambasic explain ssm.exp_units",
            {"key"},
            describe,
            explain_command};
}

}  // namespace mambasic::sim
