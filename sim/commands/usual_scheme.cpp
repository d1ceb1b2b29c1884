#include "sim/commands/usual_scheme.h"

#include "models/common/error.h"
#include "sim/compare_trace.h"
#include "sim/data_folders.h"

namespace mambasic::sim {
namespace {

bool fits(const traces::Trace& trace, const std::string& scheme) {
    try {
        const traces::LayerGroups groups = layer_groups(trace, Scheme::load(scheme));
        for (std::uint32_t index = 0; index < groups.size(); ++index) {
            if (!(groups[index] == trace.info().table(index))) return false;
        }
        return true;
    } catch (const models::UserError&) {
        return false;  // more groups than the network has heads, or a file that nobody named
    }
}

}  // namespace

std::string usual_scheme(const traces::Trace& trace) {
    const std::string& named = trace.info().scheme;
    if (fits(trace, named)) return named;
    for (const std::string& name : names_in(data_folders("hw_config/schemes"))) {
        if (fits(trace, name)) return name;
    }
    return named;
}

}  // namespace mambasic::sim
