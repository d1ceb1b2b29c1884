#include "traces/trace.h"

#include <algorithm>
#include <utility>

#include "traces/checks.h"
#include "traces/error.h"
#include "traces/metadata.h"
#include "traces/trace_impl.h"

namespace mambasic::traces {

namespace {

// The metadata does not say; every linear of a layer but dt_proj has 4 bits then.
bool holds_packed_w4(const TraceInfo& info, const std::vector<Tensor>& tensors) {
    const std::string key = weight_key(info, 0, "mixer.in_proj.weight");
    return info.w4() && std::any_of(tensors.begin(), tensors.end(), [&key](const Tensor& tensor) {
               return tensor.name == key && tensor.dtype == DType::I32;
           });
}

}  // namespace

Trace Trace::open(const std::string& path) {
    auto impl = std::make_unique<Impl>(SafetensorsFile::open(path));
    impl->info = parse_info(path, impl->file.metadata());
    const std::vector<Tensor>& stored = impl->file.tensors();
    impl->info.packed_w4 = holds_packed_w4(impl->info, stored);
    impl->all_heads = static_cast<std::int32_t>(impl->info.dims.heads);
    impl->all_dims = static_cast<std::int32_t>(impl->info.dims.head_dim);
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
