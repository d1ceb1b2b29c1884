#include "cuda_ref/recorder.h"

#include <utility>

#include "cuda_ref/layer_runner.h"
#include "cuda_ref/run_info.h"
#include "traces/layout.h"
#include "traces/writer.h"
#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {

namespace {

using traces::DType;
using traces::Phase;
using traces::Tensor;
using traces::TraceInfo;

using Shape = std::vector<std::uint64_t>;

DType dtype_of(std::int8_t /*code*/) { return DType::I8; }
DType dtype_of(Half /*value*/) { return DType::F16; }
DType dtype_of(float /*value*/) { return DType::F32; }

/// `values` may be empty: then the tensor is a declaration.
template <typename T>
Tensor tensor_of(std::string name, Shape shape, const std::vector<T>& values) {
    Tensor tensor;
    tensor.name = std::move(name);
    tensor.dtype = dtype_of(T{});
    tensor.shape = std::move(shape);
    tensor.data = reinterpret_cast<const std::byte*>(values.data());
    return tensor;
}

Tensor embedding_tensor(const TraceInfo& info, const std::vector<Half>& values) {
    return tensor_of("trace.embedding.output", {info.batch, info.tokens, info.dims.d_model},
                     values);
}

/// Every tensor of a layer; of an empty `out`, its declarations.
std::vector<Tensor> layer_tensors(const TraceInfo& info, std::uint32_t index,
                                  const LayerOutputs& out) {
    const traces::Dims& dims = info.dims;
    std::vector<Tensor> all;
    const auto add = [&](const char* name, Shape shape, const auto& values) {
        all.push_back(tensor_of(traces::trace_key(info, index, name), std::move(shape), values));
    };
    const auto rows = [&](std::uint64_t width) { return Shape{info.batch, info.tokens, width}; };
    add("norm.residual", rows(dims.d_model), out.residual);
    add("norm.output", rows(dims.d_model), out.norm);
    add("in_proj.output", rows(dims.in_proj_width()), out.in_proj);
    const traces::XCode code = info.x_code(index);
    if (makes_int8(info, code)) add("conv1d.output", rows(dims.conv_channels()), out.conv);
    if (code.own_codes()) add("conv1d.codes", rows(dims.d_inner), out.x_codes);
    if (code.dual()) add("conv1d.flags", rows(dims.d_inner), out.x_flags);
    if (code.values()) add("conv1d.values", rows(dims.conv_channels()), out.values);
    if (code.rotated()) {
        add("conv1d.values", rows(dims.d_inner), out.convolved);
        add("rotate.output", rows(dims.d_inner), out.rotated);
        add("unrotate.output", rows(dims.d_inner), out.unrotated);
    }
    if (!dims.mamba2()) {
        add("x_proj.output", rows(dims.x_proj_width()), out.x_proj);
        add("dt_proj.output", rows(dims.d_inner), out.dt_proj);
    }
    add("scan.output", rows(dims.d_inner), out.scan);
    if (dims.mamba2()) add("gated_norm.output", rows(dims.d_inner), out.gated_norm);
    add("had.output", rows(dims.d_inner), out.hadamard);
    add("out_proj.output", rows(dims.d_model), out.out_proj);
    add("conv1d.state", {info.batch, dims.conv_channels(), dims.d_conv}, out.conv_state);
    add("scan.state", {info.batch, dims.d_inner, dims.d_state}, out.ssm_state);
    add("scan.carry", {info.batch, dims.d_inner, dims.d_state}, out.carry);
    return all;
}

/// A prefill's head sees the last token only.
std::vector<Tensor> head_tensors(const TraceInfo& info, const HeadOutputs& out) {
    const std::uint64_t tokens = traces::head_rows(info) / info.batch;
    const Shape normed{info.batch, tokens, info.dims.d_model};
    return {tensor_of("trace.norm_f.residual", normed, out.residual),
            tensor_of("trace.norm_f.output", normed, out.norm),
            tensor_of("trace.lm_head.output", {info.batch, tokens, info.dims.vocab}, out.logits)};
}

void emit(const std::vector<Tensor>& tensors, const Sink& sink) {
    for (const Tensor& tensor : tensors) sink(tensor);
}

Stream first_stream(const traces::Trace& trace, const LayerRunner& runner, const Sink& sink) {
    const TraceInfo& info = trace.info();
    const std::uint64_t rows = std::uint64_t{info.batch} * info.tokens;
    Stream stream;
    if (info.has_head) {
        stream.hidden = runner.embed(trace.head(), trace.tokens(), rows);
        sink(embedding_tensor(info, stream.hidden));
        return stream;
    }
    const std::uint64_t elements = rows * info.dims.d_model;
    stream.hidden.assign(trace.input_hidden(), trace.input_hidden() + elements);
    if (const float* residual = trace.input_residual(); residual != nullptr) {
        stream.residual.assign(residual, residual + elements);
    }
    return stream;
}

LayerInput layer_input(const traces::Trace& trace, const TraceInfo& info, std::uint32_t index) {
    LayerInput input;
    input.phase = info.phase;
    input.batch = info.batch;
    input.tokens = info.tokens;
    input.epsilon = info.epsilon;
    input.x_code = info.x_code(index);
    input.x_proj_input = info.x_proj_input;
    if (info.phase == Phase::Decode) {
        input.conv_state = trace.conv_state_in(index);
        input.ssm_state = trace.ssm_state_in(index);
    }
    return input;
}

/// The rows that the head sees: the last token of each sequence, or every step of a decode.
Stream rows_for_head(const TraceInfo& info, Stream stream) {
    if (info.phase == Phase::Decode) return stream;
    const std::uint64_t width = info.dims.d_model;
    Stream last;
    for (std::uint64_t sequence = 0; sequence < info.batch; ++sequence) {
        const auto first = static_cast<std::ptrdiff_t>(((sequence + 1) * info.tokens - 1) * width);
        const auto end = first + static_cast<std::ptrdiff_t>(width);
        last.hidden.insert(last.hidden.end(), stream.hidden.begin() + first,
                           stream.hidden.begin() + end);
        last.residual.insert(last.residual.end(), stream.residual.begin() + first,
                             stream.residual.begin() + end);
    }
    return last;
}

std::string text_of(SumOrder order) {
    return order.tree_width == 0 ? "sequential" : "tree " + std::to_string(order.tree_width);
}

/// Those options that decide bits of the family.
std::map<std::string, std::string> options_text(const TraceInfo& info, const Options& options) {
    std::vector<traces::XCode> codes;
    for (std::uint32_t i = 0; i < info.layers; ++i) codes.push_back(info.x_code(i));
    const bool log1p = options.softplus == arith::Softplus::Log1p;
    std::map<std::string, std::string> text = {
        {"softplus", log1p ? "log1p" : "log_exp_plus_1"},
        {"norm_sum", text_of(options.norm_sum)},
        {"quirks", options.quamba_quirks ? "quamba" : "none"},
        {"x_code", traces::spell_x_codes(codes)},
    };
    if (info.dims.mamba2()) {
        const bool chunked = options.ssd_order == SsdOrder::Chunked;
        text["ssd_order"] = chunked ? "chunked" : "recurrent";
        text["gated_norm_sum"] = text_of(options.gated_norm_sum);
        text["ssd_sum"] = text_of(options.ssd_sum);
    } else {
        text["scan_order"] = options.scan_order == ScanOrder::Cub ? "cub" : "sequential";
        text["ssm_sum"] = text_of(options.ssm_sum);
        text["x_proj_input"] = traces::name_of(info.x_proj_input);
    }
    return text;
}

}  // namespace

std::vector<Tensor> reference_layout(const TraceInfo& info) {
    std::vector<Tensor> layout;
    if (info.has_head) layout.push_back(embedding_tensor(info, {}));
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        for (Tensor& tensor : layer_tensors(info, index, {})) layout.push_back(std::move(tensor));
    }
    if (info.has_head) {
        for (Tensor& tensor : head_tensors(info, {})) layout.push_back(std::move(tensor));
    }
    return layout;
}

void walk(const traces::Trace& trace, Device& device, const Options& options, const Sink& sink) {
    const TraceInfo info = run_info(trace.info(), options);
    const LayerRunner runner(device, info.dims, options);
    Stream stream = first_stream(trace, runner, sink);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const LayerInput input = layer_input(trace, info, index);
        LayerOutputs out = info.dims.mamba2()
                               ? runner.run(trace.mamba2_layer(index), input, stream)
                               : runner.run(trace.mamba1_layer(index), input, stream);
        emit(layer_tensors(info, index, out), sink);
        stream = {std::move(out.out_proj), std::move(out.residual)};
    }
    if (!info.has_head) return;
    const HeadOutputs out = runner.run_head(trace.head(), rows_for_head(info, std::move(stream)),
                                            info.batch, info.epsilon);
    emit(head_tensors(info, out), sink);
}

std::map<std::string, std::string> provenance(const traces::Trace& trace, const Options& options,
                                              const DeviceInfo& device, const BuildInfo& build) {
    const TraceInfo info = run_info(trace.info(), options);
    std::map<std::string, std::string> text = options_text(info, options);
    text.insert({
        {"mambasic_reference", "1"},
        {"producer", "mambasic_cuda_ref " + build.version},
        {"trace_sha256", trace.header_sha256()},
        {"model", info.model},
        {"family", info.family},
        {"scheme", info.scheme},
        {"precision", info.precision},
        {"phase", info.phase == Phase::Decode ? "decode" : "prefill"},
        {"batch", std::to_string(info.batch)},
        {"tokens", std::to_string(info.tokens)},
        {"first_layer", std::to_string(info.first_layer)},
        {"layers", std::to_string(info.layers)},
        {"gpu", device.gpu},
        {"cuda_driver", device.driver},
        {"cuda_runtime", device.cuda_runtime},
        {"nvcc", build.nvcc},
        {"nvcc_flags", build.nvcc_flags},
    });
    return text;
}

void record(const traces::Trace& trace, Device& device, const Options& options,
            const BuildInfo& build, const std::string& path) {
    traces::SafetensorsWriter writer(path, provenance(trace, options, device.info(), build),
                                     reference_layout(run_info(trace.info(), options)));
    walk(trace, device, options,
         [&](const Tensor& tensor) { writer.append(tensor.name, tensor.data, tensor.bytes()); });
    writer.finish();
}

}  // namespace mambasic::cuda_ref
