// Tensors that somebody recorded: in the trace itself, or in a file under the same trace.* keys.
#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "models/common/error.h"
#include "sim/reference.h"
#include "traces/safetensors.h"

namespace mambasic::sim {
namespace {

using models::UserError;
using traces::Phase;
using traces::Tensor;

const std::vector<std::string>& names_of(std::int32_t layer) {
    static const std::vector<std::string> kEmbedding = {"embedding.output"};
    static const std::vector<std::string> kHead = {"norm_f.residual", "norm_f.output",
                                                   "lm_head.output"};
    static const std::vector<std::string> kLayer = {
        "norm.residual", "norm.output",   "in_proj.output", "conv1d.output",
        "conv1d.state",  "x_proj.output", "dt_proj.output", "scan.output",
        "scan.carry",    "scan.state",    "had.output",     "out_proj.output"};
    if (layer == LayerOutput::kEmbedding) return kEmbedding;
    return layer == LayerOutput::kHead ? kHead : kLayer;
}

using Finder = std::function<const Tensor*(const std::string& key)>;

class RecordedReference : public Reference {
public:
    RecordedReference(std::string name, const traces::TraceInfo& info, Finder find)
        : name_(std::move(name)), info_(info), find_(std::move(find)) {}

    const std::string& name() const override { return name_; }
    bool is_complete() const override { return false; }

    std::vector<Tensor> tensors(std::int32_t layer, std::uint32_t step) override {
        pieces_.clear();
        std::vector<Tensor> found;
        for (const std::string& name : names_of(layer)) {
            const Tensor* whole = find_(key_of(layer, name));
            if (whole == nullptr) continue;
            Tensor tensor = *whole;
            tensor.name = name;
            if (info_.phase == Phase::Decode) {
                if (is_state(name) && step + 1 < info_.tokens) continue;  // recorded at the end
                if (!is_state(name)) cut_step(tensor, step);
            }
            found.push_back(tensor);
        }
        return found;
    }

    bool holds_something() {
        for (std::int32_t layer = LayerOutput::kHead;
             layer < static_cast<std::int32_t>(info_.layers); ++layer) {
            for (const std::string& name : names_of(layer)) {
                if (find_(key_of(layer, name)) != nullptr) return true;
            }
        }
        return false;
    }

private:
    std::string key_of(std::int32_t layer, const std::string& name) const {
        if (layer < 0) return "trace." + name;
        const std::uint32_t index = info_.first_layer + static_cast<std::uint32_t>(layer);
        return "trace.layers." + std::to_string(index) + "." + name;
    }

    // [batch][tokens][channels] -> the rows of one token, [batch][1][channels].
    void cut_step(Tensor& tensor, std::uint32_t step) {
        const std::uint64_t row = tensor.bytes() / (tensor.shape[0] * tensor.shape[1]);
        std::vector<std::byte> piece(tensor.shape[0] * row);
        for (std::uint64_t b = 0; b < tensor.shape[0]; ++b) {
            std::memcpy(piece.data() + b * row, tensor.data + (b * tensor.shape[1] + step) * row,
                        row);
        }
        tensor.shape[1] = 1;
        pieces_.push_back(std::move(piece));
        tensor.data = pieces_.back().data();
    }

    const std::string name_;
    const traces::TraceInfo info_;
    const Finder find_;
    std::vector<std::vector<std::byte>> pieces_;  // of the step in hand
};

}  // namespace

bool is_state(const std::string& tensor) {
    return tensor == "conv1d.state" || tensor == "scan.state" || tensor == "scan.carry";
}

}  // namespace mambasic::sim
