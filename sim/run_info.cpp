#include "sim/run_info.h"

namespace mambasic::sim {

traces::TraceInfo run_info(const traces::TraceInfo& info, const Scheme& scheme,
                           const ChipConfig& chip) {
    traces::TraceInfo run = info;
    run.x_codes.clear();
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const std::uint32_t layer = info.first_layer + index;
        run.x_codes.push_back(scheme.of_layer(layer, info.dims.n_layer).x_code);
    }
    run.x_proj_input = chip.dequant_mux.x_proj_input;
    return run;
}

}  // namespace mambasic::sim
