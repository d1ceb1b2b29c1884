// Rewrites a trace so that values fall exactly on rounding boundaries, where half-even and
// half-away differ: the scales that lead to a code become powers of two, and large enough that
// exp(-x) leaves SiLU(x) = x and the decay 0. Such a model computes nothing useful; its ties are
// the point.
#include <cstring>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/safetensors.h"
#include "traces/trace.h"
#include "traces/writer.h"

namespace {

using namespace mambasic::traces;

// By the end of the key.
const std::map<std::string, double> kScales = {
    {"in_proj.a", 0x1p-3},
    {"in_proj.b", 0x1p-3},
    {"in_proj.alpha", 0x1p-6},
    // S = 2^-7, so that a sum of taps is a multiple of 2^-7; above 17, SiLU passes it through.
    {"conv1d.input_scale", 0x1p-4},
    {"conv1d.weight_scale", 0x1p-3},
    {"conv1d.bias_scale", 0x1p-7},
    {"conv1d.output_scale", 0x1p-1},
    // dt is a whole number above 20, so it passes through softplus and drives the decay to 0: the
    // state is dt u B, exact.
    {"selective_scan.dt_scale", 0x1p0},
    {"selective_scan.dt_bias_scale", 0x1p0},
    {"selective_scan.u_scale", 0x1p-1},
    {"selective_scan.B_scale", 0x1p-4},
    {"selective_scan.ssm_state_scale", 0x1p4},
};

const double* scale_for(const std::string& key) {
    for (const auto& [end, value] : kScales) {
        if (key.size() > end.size() && key.compare(key.size() - end.size(), end.size(), end) == 0) {
            return &value;
        }
    }
    return nullptr;
}

void append(SafetensorsWriter& writer, const Tensor& tensor) {
    const double* scale = scale_for(tensor.name);
    if (scale == nullptr) {
        writer.append(tensor.name, tensor.data, tensor.bytes());
    } else if (tensor.dtype == DType::F64) {
        writer.append(tensor.name, scale, sizeof(*scale));
    } else {
        const auto single = static_cast<float>(*scale);
        writer.append(tensor.name, &single, sizeof(single));
    }
}

void rewrite(const std::string& from, const std::string& to) {
    const Trace trace = Trace::open(from);
    TraceInfo info = trace.info();
    info.record = RecordLevel::None;
    info.producer = "make_ties_trace";
    const std::vector<Tensor> wanted = layout(info);
    SafetensorsWriter writer(to, metadata_of(info), wanted);
    for (const Tensor& tensor : wanted) append(writer, *trace.find(tensor.name));
    writer.finish();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "make_ties_trace FROM TO\n";
        return 2;
    }
    try {
        rewrite(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
    return 0;
}
