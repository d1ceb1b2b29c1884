// Tensors that somebody recorded: in the trace itself, or in a file under the same trace.* keys.
#include <cstring>
#include <filesystem>
#include <unordered_map>
#include <utility>

#include "models/common/error.h"
#include "sim/reference.h"
#include "sim/result_tensors.h"
#include "traces/safetensors.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

using models::UserError;
using traces::Phase;
using traces::Tensor;

using TensorMap = std::unordered_map<std::string, Tensor>;

class RecordedReference : public Reference {
public:
    /// `whole`: by key, of the layout's type and shape. `keep_alive` owns their bytes.
    RecordedReference(std::string name, traces::TraceInfo info, TensorMap whole,
                      std::shared_ptr<const void> keep_alive)
        : name_(std::move(name)),
          info_(std::move(info)),
          whole_(std::move(whole)),
          keep_alive_(std::move(keep_alive)) {}

    const std::string& name() const override { return name_; }

    std::vector<Tensor> tensors(const LayerOutput& output) override {
        pieces_.clear();
        std::vector<Tensor> found;
        const bool decode = info_.phase == Phase::Decode;
        for (const OutputTensor& made : output.tensors) {
            const auto place = whole_.find(result_key(info_, output.layer, made.name));
            if (place == whole_.end()) continue;
            Tensor tensor = place->second;
            tensor.name = made.name;
            const bool state = is_state(made.name);
            if (decode && state && output.step + 1 < info_.tokens) continue;  // only after the last
            if (decode && !state) cut_step(tensor, output.step);
            found.push_back(tensor);
        }
        return found;
    }

private:
    // [batch][tokens][channels] -> the rows of one token, [batch][1][channels].
    void cut_step(Tensor& tensor, std::uint32_t step) {
        const std::uint64_t tokens = tensor.shape[1];
        const std::uint64_t row = tensor.bytes() / (tensor.shape[0] * tokens);
        std::vector<std::byte> piece(tensor.shape[0] * row);
        for (std::uint64_t b = 0; b < tensor.shape[0]; ++b) {
            std::memcpy(piece.data() + b * row, tensor.data + (b * tokens + step) * row, row);
        }
        tensor.shape[1] = 1;
        pieces_.push_back(std::move(piece));
        tensor.data = pieces_.back().data();
    }

    const std::string name_;
    const traces::TraceInfo info_;
    const TensorMap whole_;
    const std::shared_ptr<const void> keep_alive_;
    std::vector<std::vector<std::byte>> pieces_;  // of the step in hand
};

std::string shape_text(const Tensor& tensor) {
    std::string text = std::string(traces::name_of(tensor.dtype)) + " [";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
    }
    return text + "]";
}

void refuse_another_trace(const traces::SafetensorsFile& file, const traces::Trace& trace) {
    const auto noted = file.metadata().find("trace_sha256");
    if (noted != file.metadata().end() && noted->second != trace.header_sha256()) {
        throw UserError(file.path() +
                        ": metadata 'trace_sha256': it was made from another trace than " +
                        trace.path());
    }
}

void refuse_another_code(const traces::Trace& trace, const traces::TraceInfo& run) {
    const traces::TraceInfo& info = trace.info();
    bool words = false;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const traces::XCode made = run.x_code(index);
        const traces::XCode has = info.x_code(index);
        words = words || made.x_values() || made.own_codes();
        if (made == has) continue;
        throw UserError(trace.path() + ": metadata 'x_code': layer " +
                        std::to_string(info.first_layer + index) + " was recorded with " +
                        traces::spell(has) + ", the run makes " + traces::spell(made) +
                        "; check against golden, or take a scheme of that code");
    }
    if (!words || info.dims.mamba2() || run.x_proj_input == info.x_proj_input) return;
    throw UserError(trace.path() + ": metadata 'x_proj_input': it was recorded with " +
                    traces::name_of(info.x_proj_input) + "; check against golden, or --set " +
                    "dequant_mux.x_proj_input=" + traces::name_of(info.x_proj_input));
}

// Those results that `tensors` hold, each with the type and shape that the trace calls for.
TensorMap results_among(const std::string& path, const traces::TraceInfo& info,
                        const std::vector<Tensor>& tensors) {
    std::unordered_map<std::string, Tensor> layout;
    for (const Tensor& tensor : result_layout(info)) layout.emplace(tensor.name, tensor);
    TensorMap results;
    for (const Tensor& tensor : tensors) {
        const auto place = layout.find(tensor.name);
        if (place == layout.end()) continue;
        if (tensor.dtype != place->second.dtype || tensor.shape != place->second.shape) {
            throw UserError(path + ": tensor '" + tensor.name + "': it is " + shape_text(tensor) +
                            ", the trace calls for " + shape_text(place->second));
        }
        results.emplace(tensor.name, tensor);
    }
    return results;
}

}  // namespace

std::unique_ptr<Reference> recorded_reference(const traces::Trace& trace,
                                              const traces::TraceInfo& run) {
    refuse_another_code(trace, run);
    TensorMap results = results_among(trace.path(), trace.info(), trace.tensors());
    if (results.empty()) {
        throw UserError(trace.path() +
                        ": metadata 'record': the trace holds no recorded results; check against "
                        "golden, or record some with trace synth --record all");
    }
    return std::make_unique<RecordedReference>("recorded", trace.info(), std::move(results),
                                               nullptr);
}

std::unique_ptr<Reference> file_reference(const traces::Trace& trace, const traces::TraceInfo& run,
                                          const std::string& path) {
    const std::string file_name = std::filesystem::path(path).filename().string();
    auto file = std::make_shared<traces::SafetensorsFile>(traces::SafetensorsFile::open(path));
    refuse_another_trace(*file, trace);
    TensorMap results = results_among(path, run, file->tensors());
    if (results.empty()) {
        throw UserError(path + ": it holds none of the tensors that this trace makes, such as '" +
                        result_layout(run).front().name + "'");
    }
    return std::make_unique<RecordedReference>(file_name, trace.info(), std::move(results),
                                               std::move(file));
}

}  // namespace mambasic::sim
