#include "traces/describe.h"

#include <algorithm>
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

void remark_norms(const Linear& in_proj, float norm_scale, const Linear& out_proj, double had_scale,
                  Remarks& remarks) {
    remarks.equal("had.x_H_scale", static_cast<float>(had_scale), "out_proj's input scale",
                  out_proj.a);
    if (in_proj.kind == LinearKind::W8) return;  // its a has the output scale in it
    remarks.equal("norm.output_scale", norm_scale, "in_proj's input scale", in_proj.a);
}

void remark_layer(const Mamba1Layer& layer, Remarks& remarks) {
    remarks.equal("conv1d.input_scale", layer.conv_input_scale, "selective_scan.z_scale",
                  layer.z_scale);
    remarks.equal("conv1d.output_scale", layer.conv_output_scale, "selective_scan.u_scale",
                  layer.u_scale);
    remarks.equal("selective_scan.B_scale", layer.b_scale, "selective_scan.C_scale", layer.c_scale);
    remark_norms(layer.in_proj, layer.norm_output_scale, layer.out_proj, layer.had_scale, remarks);
}

void remark_layers(const Trace& trace, std::vector<std::string>& out) {
    for (std::uint32_t index = 0; index < trace.info().layers; ++index) {
        Remarks remarks(trace.info().first_layer + index, out);
        if (trace.info().dims.mamba2()) {
            const Mamba2Layer layer = trace.mamba2_layer(index);
            remark_norms(layer.in_proj, layer.norm_output_scale, layer.out_proj, layer.had_scale,
                         remarks);
        } else {
            remark_layer(trace.mamba1_layer(index), remarks);
        }
    }
}

void remark_head(const Trace& trace, std::vector<std::string>& out) {
    const auto* scales = trace.find("backbone.embedding.scales")->as<std::uint16_t>();
    std::uint64_t unusual = 0;
    for (std::uint32_t i = 0; i < trace.info().dims.vocab; ++i) {
        const bool negative = (scales[i] & 0x8000U) != 0;
        const bool zero = (scales[i] & 0x7FFFU) == 0;
        if (negative || zero) ++unusual;
    }
    if (unusual > 0) {
        out.emplace_back(std::to_string(unusual) + " of " +
                         std::to_string(trace.info().dims.vocab) +
                         " embedding scales are <= 0 (upstream takes a row's signed maximum)");
    }
}

double element(const Tensor& tensor, std::uint64_t index) {
    return tensor.dtype == DType::F64 ? tensor.as<double>()[index]
                                      : static_cast<double>(tensor.as<float>()[index]);
}

// Every F32 and F64 among the weights is one; s_group, in F16, only refines them.
bool is_scale(const Tensor& tensor) {
    return tensor.dtype == DType::F32 || tensor.dtype == DType::F64;
}

// "[1,0,3]", or nothing for a single element.
std::string place(const Tensor& tensor, std::uint64_t index) {
    if (tensor.elements() == 1) return "";
    std::string out = "]";
    for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
        out.insert(0, std::to_string(index % tensor.shape[axis]));
        out.insert(0, axis > 0 ? "," : "[");
        index /= tensor.shape[axis];
    }
    return out;
}

// One by one while a reader can take them in, else the lowest and the highest.
void add_rows(std::uint32_t layer, const std::string& name, const Tensor& tensor,
              std::vector<ScaleRow>& rows) {
    constexpr std::uint64_t kMostShown = 128;  // the cells of mamba2-8b
    if (tensor.elements() <= kMostShown) {
        for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
            rows.push_back({layer, name + place(tensor, i), element(tensor, i)});
        }
        return;
    }
    double lowest = element(tensor, 0);
    double highest = lowest;
    for (std::uint64_t i = 1; i < tensor.elements(); ++i) {
        lowest = std::min(lowest, element(tensor, i));
        highest = std::max(highest, element(tensor, i));
    }
    const std::string of = " of " + std::to_string(tensor.elements());
    rows.push_back({layer, name + ": lowest" + of, lowest});
    rows.push_back({layer, name + ": highest" + of, highest});
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe(const Trace& trace) {
    const TraceInfo& info = trace.info();
    // In the order a reader asks for them, not the alphabet's.
    static const std::vector<std::string> kOrder{
        "model",   "family",       "scheme",   "precision",   "table_groups", "regroup.observer",
        "x_code",  "x_proj_input", "phase",    "batch",       "tokens",       "first_layer",
        "layers",  "n_layer",      "has_head", "shapes_only", "record",       "d_model",
        "d_inner", "heads",        "head_dim", "groups",      "d_state",      "d_conv",
        "dt_rank", "chunk",        "vocab",    "epsilon",     "producer"};
    const auto metadata = metadata_of(info);
    std::vector<std::pair<std::string, std::string>> rows{{"file", trace.path()}};
    for (const std::string& key : kOrder) {
        const auto found = metadata.find(key);  // each family has some of its own
        if (found != metadata.end()) rows.emplace_back(key, found->second);
    }
    if (info.w4() && !info.shapes_only) {
        rows.emplace_back("w4_layout", info.packed_w4 ? "packed" : "plain");
    }
    for (const auto& note : info.notes) rows.emplace_back(note.first, note.second);
    rows.emplace_back("tensors", std::to_string(trace.tensors().size()));
    rows.emplace_back("file_bytes", std::to_string(trace.file_bytes()));
    rows.emplace_back("data_sha256", info.data_sha256);
    rows.emplace_back("header_sha256", trace.header_sha256());
    return rows;
}

std::vector<ScaleRow> scales(const Trace& trace) {
    std::vector<ScaleRow> rows;
    if (trace.info().shapes_only) return rows;
    for (std::uint32_t index = 0; index < trace.info().layers; ++index) {
        const std::string prefix = weight_key(trace.info(), index, "");
        for (const Tensor& tensor : trace.tensors()) {
            if (tensor.name.compare(0, prefix.size(), prefix) != 0 || !is_scale(tensor)) continue;
            add_rows(trace.info().first_layer + index, tensor.name.substr(prefix.size()), tensor,
                     rows);
        }
    }
    return rows;
}

void require_intact(const Trace& trace) {
    const std::string& promised = trace.info().data_sha256;
    const std::string computed = trace.computed_data_sha256();
    if (computed == promised) return;
    throw error_in_metadata(trace.path(), "data_sha256",
                            "promises " + promised.substr(0, 16) + "..., the data gives " +
                                computed.substr(0, 16) + "...");
}

std::vector<std::string> validate(const Trace& trace) {
    require_intact(trace);
    const TraceInfo& info = trace.info();
    std::vector<std::string> remarks;
    if (info.shapes_only) return remarks;
    remark_layers(trace, remarks);
    if (info.has_head) remark_head(trace, remarks);
    return remarks;
}

}  // namespace mambasic::traces
