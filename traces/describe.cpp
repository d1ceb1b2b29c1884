#include "traces/describe.h"

#include <array>
#include <charconv>

#include "traces/error.h"
#include "traces/layout.h"
#include "traces/metadata.h"

namespace mambasic::traces {

namespace {

std::string spelled(float value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
}

class Remarks {
public:
    Remarks(std::uint32_t layer, std::vector<std::string>& out) : layer_(layer), out_(out) {}
    void equal(const char* a, float a_value, const char* b, float b_value) {
        if (a_value == b_value) return;
        out_.emplace_back("layer " + std::to_string(layer_) + ": " + a + " = " + spelled(a_value) +
                          " differs from " + b + " = " + spelled(b_value) +
                          "; upstream gives them one observer");
    }

private:
    std::uint32_t layer_;
    std::vector<std::string>& out_;
};

void remark_layer(const Trace& trace, std::uint32_t index, std::vector<std::string>& out) {
    const Mamba1Layer layer = trace.mamba1_layer(index);
    Remarks remarks(trace.info().first_layer + index, out);
    remarks.equal("conv1d.input_scale", layer.conv_input_scale, "selective_scan.z_scale",
                  layer.z_scale);
    remarks.equal("conv1d.output_scale", layer.conv_output_scale, "selective_scan.u_scale",
                  layer.u_scale);
    remarks.equal("selective_scan.B_scale", layer.b_scale, "selective_scan.C_scale", layer.c_scale);
    remarks.equal("had.x_H_scale", static_cast<float>(layer.had_scale), "out_proj.a",
                  layer.out_proj.a);
}

void remark_head(const Trace& trace, std::vector<std::string>& out) {
    const Head head = trace.head();
    std::uint64_t unusual = 0;
    for (std::uint32_t i = 0; i < trace.info().dims.vocab; ++i) {
        const bool negative = (head.embedding_scales[i] & 0x8000U) != 0;
        const bool zero = (head.embedding_scales[i] & 0x7FFFU) == 0;
        if (negative || zero) ++unusual;
    }
    if (unusual > 0) {
        out.emplace_back(std::to_string(unusual) + " of " +
                         std::to_string(trace.info().dims.vocab) +
                         " embedding scales are <= 0 (upstream takes a row's signed maximum)");
    }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe(const Trace& trace) {
    const TraceInfo& info = trace.info();
    // In the order a reader asks for them, not the alphabet's.
    static const std::vector<std::string> kOrder{
        "model",       "family",  "scheme",  "precision", "phase",       "batch",   "tokens",
        "first_layer", "layers",  "n_layer", "has_head",  "shapes_only", "record",  "d_model",
        "d_inner",     "d_state", "d_conv",  "dt_rank",   "vocab",       "epsilon", "producer"};
    const auto metadata = metadata_of(info);
    std::vector<std::pair<std::string, std::string>> rows{{"file", trace.path()}};
    for (const std::string& key : kOrder) rows.emplace_back(key, metadata.at(key));
    for (const auto& note : info.notes) rows.emplace_back(note.first, note.second);
    rows.emplace_back("tensors", std::to_string(trace.tensors().size()));
    rows.emplace_back("file_bytes", std::to_string(trace.file_bytes()));
    rows.emplace_back("data_sha256", info.data_sha256);
    rows.emplace_back("header_sha256", trace.header_sha256());
    return rows;
}

std::vector<ScaleRow> scales(const Trace& trace) {
    std::vector<ScaleRow> rows;
    for (std::uint32_t index = 0; index < trace.info().layers; ++index) {
        const std::string prefix = weight_key(trace.info(), index, "");
        for (const Tensor& tensor : trace.tensors()) {
            if (tensor.name.compare(0, prefix.size(), prefix) != 0 || tensor.elements() != 1) {
                continue;
            }
            const bool is_float = tensor.dtype == DType::F32 || tensor.dtype == DType::F64;
            if (tensor.data == nullptr || !is_float) continue;
            const double value = tensor.dtype == DType::F64
                                     ? *tensor.as<double>()
                                     : static_cast<double>(*tensor.as<float>());
            rows.push_back(
                {trace.info().first_layer + index, tensor.name.substr(prefix.size()), value});
        }
    }
    return rows;
}

std::vector<std::string> validate(const Trace& trace) {
    const TraceInfo& info = trace.info();
    const std::string computed = trace.computed_data_sha256();
    if (computed != info.data_sha256) {
        throw error_in_metadata(trace.path(), "data_sha256",
                                "promises " + info.data_sha256.substr(0, 16) +
                                    "..., the data gives " + computed.substr(0, 16) + "...");
    }
    std::vector<std::string> remarks;
    if (info.shapes_only) return remarks;
    for (std::uint32_t i = 0; i < info.layers; ++i) remark_layer(trace, i, remarks);
    if (info.has_head) remark_head(trace, remarks);
    return remarks;
}

}  // namespace mambasic::traces
