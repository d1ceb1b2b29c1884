#include "cuda_ref/recorder.h"

#include <utility>

#include "cuda_ref/layer_runner.h"
#include "traces/layout.h"
#include "traces/writer.h"

namespace mambasic::cuda_ref {

namespace {

using traces::DType;
using traces::Phase;
using traces::Tensor;
using traces::TraceInfo;

using Shape = std::vector<std::uint64_t>;

Tensor declare(std::string name, DType dtype, Shape shape) {
    Tensor tensor;
    tensor.name = std::move(name);
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    return tensor;
}

Tensor embedding_layout(const TraceInfo& info) {
    return declare("trace.embedding.output", DType::F16,
                   {info.batch, info.tokens, info.dims.d_model});
}

/// In the order of layer_data().
std::vector<Tensor> layer_layout(const TraceInfo& info, std::uint32_t index) {
    const traces::Dims& dims = info.dims;
    const auto key = [&](const char* name) { return traces::trace_key(info, index, name); };
    const auto rows = [&](std::uint64_t width) { return Shape{info.batch, info.tokens, width}; };
    const auto state = [&](std::uint64_t width) { return Shape{info.batch, dims.d_inner, width}; };
    return {
        declare(key("norm.residual"), DType::F32, rows(dims.d_model)),
        declare(key("norm.output"), DType::I8, rows(dims.d_model)),
        declare(key("in_proj.output"), DType::I8, rows(2 * std::uint64_t{dims.d_inner})),
        declare(key("conv1d.output"), DType::I8, rows(dims.d_inner)),
        declare(key("x_proj.output"), DType::I8, rows(dims.x_proj_width())),
        declare(key("dt_proj.output"), DType::I8, rows(dims.d_inner)),
        declare(key("scan.output"), DType::F16, rows(dims.d_inner)),
        declare(key("had.output"), DType::I8, rows(dims.d_inner)),
        declare(key("out_proj.output"), DType::F16, rows(dims.d_model)),
        declare(key("conv1d.state"), DType::I8, state(dims.d_conv)),
        declare(key("scan.state"), DType::I8, state(dims.d_state)),
        declare(key("scan.carry"), DType::F32, state(dims.d_state)),
    };
}

/// In the order of head_data(); a prefill's head sees the last token only.
std::vector<Tensor> head_layout(const TraceInfo& info) {
    const std::uint64_t tokens = traces::head_rows(info) / info.batch;
    return {
        declare("trace.norm_f.residual", DType::F32, {info.batch, tokens, info.dims.d_model}),
        declare("trace.norm_f.output", DType::I8, {info.batch, tokens, info.dims.d_model}),
        declare("trace.lm_head.output", DType::F16, {info.batch, tokens, info.dims.vocab}),
    };
}

std::vector<const void*> layer_data(const LayerOutputs& out) {
    return {out.residual.data(), out.norm.data(),       out.in_proj.data(),   out.conv.data(),
            out.x_proj.data(),   out.dt_proj.data(),    out.scan.data(),      out.hadamard.data(),
            out.out_proj.data(), out.conv_state.data(), out.ssm_state.data(), out.carry.data()};
}

std::vector<const void*> head_data(const HeadOutputs& out) {
    return {out.residual.data(), out.norm.data(), out.logits.data()};
}

void emit(std::vector<Tensor> layout, const std::vector<const void*>& data, const Sink& sink) {
    for (std::size_t i = 0; i < layout.size(); ++i) {
        layout[i].data = static_cast<const std::byte*>(data[i]);
        sink(layout[i]);
    }
}

Stream first_stream(const traces::Trace& trace, const LayerRunner& runner, const Sink& sink) {
    const TraceInfo& info = trace.info();
    const std::uint64_t rows = std::uint64_t{info.batch} * info.tokens;
    Stream stream;
    if (info.has_head) {
        stream.hidden = runner.embed(trace.head(), trace.tokens(), rows);
        emit({embedding_layout(info)}, {stream.hidden.data()}, sink);
        return stream;
    }
    const std::uint64_t elements = rows * info.dims.d_model;
    stream.hidden.assign(trace.input_hidden(), trace.input_hidden() + elements);
    if (const float* residual = trace.input_residual(); residual != nullptr) {
        stream.residual.assign(residual, residual + elements);
    }
    return stream;
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

}  // namespace

std::vector<Tensor> reference_layout(const TraceInfo& info) {
    std::vector<Tensor> layout;
    if (info.has_head) layout.push_back(embedding_layout(info));
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        for (Tensor& tensor : layer_layout(info, index)) layout.push_back(std::move(tensor));
    }
    if (info.has_head) {
        for (Tensor& tensor : head_layout(info)) layout.push_back(std::move(tensor));
    }
    return layout;
}

void walk(const traces::Trace& trace, Device& device, const Options& options, const Sink& sink) {
    const TraceInfo& info = trace.info();
    const LayerRunner runner(device, info.dims, options);
    Stream stream = first_stream(trace, runner, sink);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        LayerInput input;
        input.phase = info.phase;
        input.batch = info.batch;
        input.tokens = info.tokens;
        input.epsilon = info.epsilon;
        if (info.phase == Phase::Decode) {
            input.conv_state = trace.conv_state_in(index);
            input.ssm_state = trace.ssm_state_in(index);
        }
        LayerOutputs out = runner.run(trace.mamba1_layer(index), input, stream);
        emit(layer_layout(info, index), layer_data(out), sink);
        stream = {std::move(out.out_proj), std::move(out.residual)};
    }
    if (!info.has_head) return;
    const HeadOutputs out = runner.run_head(trace.head(), rows_for_head(info, std::move(stream)),
                                            info.batch, info.epsilon);
    emit(head_layout(info), head_data(out), sink);
}

std::map<std::string, std::string> provenance(const traces::Trace& trace, const Options& options,
                                              const DeviceInfo& device, const BuildInfo& build) {
    const TraceInfo& info = trace.info();
    return {
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
        {"scan_order", options.scan_order == ScanOrder::Cub ? "cub" : "sequential"},
        {"softplus", options.softplus == arith::Softplus::Log1p ? "log1p" : "log_exp_plus_1"},
        {"norm_sum", text_of(options.norm_sum)},
        {"ssm_sum", text_of(options.ssm_sum)},
        {"quirks", options.quamba_quirks ? "quamba" : "none"},
        {"gpu", device.gpu},
        {"cuda_driver", device.driver},
        {"cuda_runtime", device.cuda_runtime},
        {"nvcc", build.nvcc},
        {"nvcc_flags", build.nvcc_flags},
    };
}

void record(const traces::Trace& trace, Device& device, const Options& options,
            const BuildInfo& build, const std::string& path) {
    traces::SafetensorsWriter writer(path, provenance(trace, options, device.info(), build),
                                     reference_layout(trace.info()));
    walk(trace, device, options,
         [&](const Tensor& tensor) { writer.append(tensor.name, tensor.data, tensor.bytes()); });
    writer.finish();
}

}  // namespace mambasic::cuda_ref
