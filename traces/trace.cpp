#include "traces/trace.h"

#include <unordered_map>
#include <utility>

#include "traces/checks.h"
#include "traces/error.h"
#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/safetensors.h"

namespace mambasic::traces {

struct Trace::Impl {
    explicit Impl(SafetensorsFile opened) : file(std::move(opened)) {}

    SafetensorsFile file;
    TraceInfo info;
    std::vector<Tensor> tensors;
    std::unordered_map<std::string, std::size_t> by_name;

    const Tensor* find(const std::string& name) const {
        const auto found = by_name.find(name);
        return found == by_name.end() ? nullptr : &tensors[found->second];
    }
    template <typename T>
    const T* array(const std::string& name) const {
        const Tensor* tensor = find(name);
        return tensor == nullptr ? nullptr : tensor->as<T>();
    }
    /// A stored scale, F32 or F64; 0 where the trace has shapes only.
    double scalar(const std::string& name) const {
        const Tensor& tensor = tensors[by_name.at(name)];
        if (tensor.data == nullptr) return 0;
        return tensor.dtype == DType::F64 ? *tensor.as<double>()
                                          : static_cast<double>(*tensor.as<float>());
    }
    float scale(const std::string& name) const { return static_cast<float>(scalar(name)); }

    Linear linear(const std::string& prefix, std::uint32_t n, std::uint32_t k) const {
        Linear out;
        out.weight = array<std::int8_t>(prefix + ".weight");
        out.n = n;
        out.n_padded = padded_rows(n);
        out.k = k;
        out.a = scale(prefix + ".a");
        out.b = scale(prefix + ".b");
        out.alpha = scale(prefix + ".alpha");
        return out;
    }
    void fill_conv(const std::string& at, Mamba1Layer& layer) const;
    void fill_scan(const std::string& at, Mamba1Layer& layer) const;
};

void Trace::Impl::fill_conv(const std::string& at, Mamba1Layer& layer) const {
    layer.conv_weight = array<std::int8_t>(at + "weight");
    layer.conv_bias = array<std::int8_t>(at + "bias");
    layer.conv_weight_scale = scale(at + "weight_scale");
    layer.conv_bias_scale = scale(at + "bias_scale");
    layer.conv_input_scale = scale(at + "input_scale");
    layer.conv_output_scale = scale(at + "output_scale");
}

void Trace::Impl::fill_scan(const std::string& at, Mamba1Layer& layer) const {
    layer.dt_bias = array<std::int8_t>(at + "dt_bias");
    layer.a_log = array<std::int8_t>(at + "A_log");
    layer.d = array<std::int8_t>(at + "D");
    layer.dt_bias_scale = scale(at + "dt_bias_scale");
    layer.a_scale = scale(at + "A_scale");
    layer.d_scale = scale(at + "D_scale");
    layer.u_scale = scale(at + "u_scale");
    layer.dt_scale = scale(at + "dt_scale");
    layer.b_scale = scale(at + "B_scale");
    layer.c_scale = scale(at + "C_scale");
    layer.z_scale = scale(at + "z_scale");
    layer.ssm_state_scale = scale(at + "ssm_state_scale");
}

Trace Trace::open(const std::string& path) {
    auto impl = std::make_unique<Impl>(SafetensorsFile::open(path));
    impl->info = parse_info(path, impl->file.metadata());
    const std::vector<Tensor>& stored = impl->file.tensors();
    if (impl->info.shapes_only) {
        if (!stored.empty()) {
            throw error_in_tensor(path, stored.front().name,
                                  "a shapes-only trace holds no tensors");
        }
        impl->tensors = layout(impl->info);
    } else {
        require_layout(path, impl->info, stored);
        require_values(path, impl->info, stored);
        for (const Tensor& tensor : stored) {
            if (!is_padding(tensor.name)) impl->tensors.push_back(tensor);
        }
    }
    for (std::size_t i = 0; i < impl->tensors.size(); ++i) {
        impl->by_name[impl->tensors[i].name] = i;
    }
    return Trace(std::move(impl));
}

Trace::Trace(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&&) noexcept = default;
Trace::~Trace() = default;

const std::string& Trace::path() const { return impl_->file.path(); }
const TraceInfo& Trace::info() const { return impl_->info; }
std::string Trace::header_sha256() const { return impl_->file.header_sha256(); }
std::string Trace::computed_data_sha256() const { return impl_->file.data_sha256(); }
std::uint64_t Trace::file_bytes() const { return impl_->file.file_bytes(); }

Mamba1Layer Trace::mamba1_layer(std::uint32_t index) const {
    const Dims& dims = impl_->info.dims;
    const std::string at = weight_key(impl_->info, index, "");
    const std::string mixer = at + "mixer.";
    Mamba1Layer layer;
    layer.norm_weight = impl_->array<std::uint16_t>(at + "norm.weight");
    layer.norm_output_scale = impl_->scale(at + "norm.output_scale");
    layer.in_proj = impl_->linear(mixer + "in_proj", 2 * dims.d_inner, dims.d_model);
    impl_->fill_conv(mixer + "conv1d.", layer);
    layer.x_proj = impl_->linear(mixer + "x_proj", dims.x_proj_width(), dims.d_inner);
    layer.dt_proj = impl_->linear(mixer + "dt_proj", dims.d_inner, dims.dt_rank);
    impl_->fill_scan(mixer + "selective_scan.", layer);
    layer.had_scale = impl_->scalar(mixer + "had.x_H_scale");
    layer.out_proj = impl_->linear(mixer + "out_proj", dims.d_model, dims.d_inner);
    return layer;
}

Head Trace::head() const {
    const Dims& dims = impl_->info.dims;
    Head head;
    head.embedding_weight = impl_->array<std::int8_t>("backbone.embedding.weight");
    head.embedding_scales = impl_->array<std::uint16_t>("backbone.embedding.scales");
    head.norm_f_weight = impl_->array<std::uint16_t>("backbone.norm_f.weight");
    head.norm_f_output_scale = impl_->scale("backbone.norm_f.output_scale");
    head.lm_head = impl_->linear("lm_head", dims.vocab, dims.d_model);
    return head;
}

const std::int32_t* Trace::tokens() const { return impl_->array<std::int32_t>("trace.tokens"); }

const std::uint16_t* Trace::input_hidden() const {
    return impl_->array<std::uint16_t>("trace.input.hidden");
}

const float* Trace::input_residual() const { return impl_->array<float>("trace.input.residual"); }

const std::int8_t* Trace::conv_state_in(std::uint32_t index) const {
    return impl_->array<std::int8_t>(trace_key(impl_->info, index, "conv1d.state_in"));
}

const std::int8_t* Trace::ssm_state_in(std::uint32_t index) const {
    return impl_->array<std::int8_t>(trace_key(impl_->info, index, "scan.state_in"));
}

const std::vector<Tensor>& Trace::tensors() const { return impl_->tensors; }
const Tensor* Trace::find(const std::string& name) const { return impl_->find(name); }

const Tensor* Trace::recorded(std::uint32_t index, const std::string& name) const {
    return impl_->find(trace_key(impl_->info, index, name));
}

}  // namespace mambasic::traces
