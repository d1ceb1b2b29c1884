// mambasic schema: JSON schemas, for editors that complete and check what is written.
#include <functional>
#include <iostream>
#include <utility>

#include "reports/schemas.h"
#include "sim/commands/schema_of_keys.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using Writer = std::function<std::string()>;

std::string text_of(const Json& schema) { return schema.dump(2) + "\n"; }

const std::vector<std::pair<std::string, Writer>>& writers() {
    static const std::vector<std::pair<std::string, Writer>> all = {
        {"chip", [] { return text_of(chip_schema()); }},
        {"scheme", [] { return text_of(scheme_schema()); }},
        {"tech", [] { return text_of(part_schema("technology")); }},
        {"dram", [] { return text_of(part_schema("dram")); }},
        {"report", [] { return std::string(reports::kReportSchema); }},
        {"compare", [] { return std::string(reports::kComparisonSchema); }}};
    return all;
}

void describe(po::options_description& options) {
    options.add_options()("kind", po::value<std::string>(),
                          "chip, scheme, tech or dram: of such a file in hw_config; report or "
                          "compare: of the report.json or compare.json that --out writes");
}

int schema_command(const Arguments& arguments) {
    std::vector<std::string> kinds;
    for (const auto& [kind, writer] : writers()) kinds.push_back(kind);
    const std::string asked = arguments.choice("kind", kinds);
    for (const auto& [kind, writer] : writers()) {
        if (kind == asked) std::cout << writer();
    }
    return kExitDone;
}

}  // namespace

Verb schema_verb() {
    return {"schema",
            "the JSON schema of a configuration file or a report, for an editor to complete and "
            "check it",
            "chip|scheme|tech|dram|report|compare",
            "mambasic schema chip",
            {"kind"},
            describe,
            schema_command};
}

}  // namespace mambasic::sim
