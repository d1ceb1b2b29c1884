#include "cuda_ref/run_info.h"

#include <stdexcept>
#include <string>

#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {

namespace {

using traces::TraceInfo;
using traces::XCode;
using traces::XProjInput;

[[noreturn]] void refuse(const TraceInfo& info, std::uint32_t index, const std::string& why) {
    throw std::invalid_argument("layer " + std::to_string(info.first_layer + index) + ": " + why);
}

void require_scales(const TraceInfo& trace, std::uint32_t index, const XCode& code) {
    const XCode stored = trace.x_code(index);
    if (code.own_scales() && !(code == stored)) {
        refuse(trace, index,
               "the trace has no scales for " + traces::spell(code) + "; its code of x is " +
                   traces::spell(stored));
    }
}

void require_kernels(const TraceInfo& run, std::uint32_t index, const Options& options) {
    const XCode code = run.x_code(index);
    if (code.rotated())
        refuse(run, index, "no kernel rotates x, as " + traces::spell(code) + " does");
    if (run.dims.mamba2()) {
        if (options.ssd_order == SsdOrder::Chunked && code.format != traces::XFormat::Int8) {
            refuse(run, index,
                   "chunks multiply int8 codes, not " + traces::spell(code) +
                       "; order recurrent takes every code of x");
        }
        return;
    }
    const bool multiplies = code.own_codes() && !run.table(index);
    if (run.x_proj_input == XProjInput::Codes && !shares_int8(code) && !multiplies) {
        refuse(run, index,
               "x_proj multiplies codes of one scale or two, neither " + traces::spell(code) +
                   " nor codes with a table; it can read copy or requantized");
    }
}

}  // namespace

TraceInfo run_info(const TraceInfo& info, const Options& options) {
    TraceInfo run = info;
    if (options.x_code) run.x_codes.assign(info.layers, *options.x_code);
    if (options.x_proj_input) run.x_proj_input = *options.x_proj_input;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        require_kernels(run, index, options);
        require_scales(info, index, run.x_code(index));
    }
    return run;
}

bool makes_int8(const TraceInfo& info, const XCode& code) {
    if (info.dims.mamba2()) return !code.values();
    return info.x_proj_input != XProjInput::Codes || shares_int8(code);
}

}  // namespace mambasic::cuda_ref
