#include "sim/dump.h"

#include <cstring>
#include <utility>

#include "models/common/error.h"
#include "sim/result_tensors.h"

namespace mambasic::sim {

using traces::Phase;

Dump::Dump(const traces::Trace& trace, traces::TraceInfo run, const std::string& path)
    : info_(std::move(run)),
      layout_(result_layout(info_)),
      writer_(path,
              {{"producer", "mambasic " MAMBASIC_VERSION}, {"trace_sha256", trace.header_sha256()}},
              layout_) {}

void Dump::on_output(const LayerOutput& output) {
    for (const OutputTensor& tensor : output.tensors) gather(output, tensor);
    write_complete();
}

void Dump::gather(const LayerOutput& output, const OutputTensor& tensor) {
    traces::Tensor piece;
    piece.dtype = tensor.dtype;
    piece.shape = tensor.shape;
    const auto* data = static_cast<const std::byte*>(tensor.data);
    Gathered& whole = gathered_[result_key(info_, output.layer, tensor.name)];
    if (info_.phase == Phase::Prefill || is_state(tensor.name)) {
        // Decode replaces a state at every step. It is not written before the last one, because a
        // tensor that spans the steps stands before it.
        whole.bytes.assign(data, data + piece.bytes());
        whole.filled = piece.bytes();
        return;
    }
    const std::uint64_t row = piece.bytes() / info_.batch;
    whole.bytes.resize(piece.bytes() * info_.tokens);
    for (std::uint64_t b = 0; b < info_.batch; ++b) {
        std::memcpy(whole.bytes.data() + (b * info_.tokens + output.step) * row, data + b * row,
                    row);
    }
    whole.filled += piece.bytes();
}

void Dump::write_complete() {
    for (; next_ < layout_.size(); ++next_) {
        const auto place = gathered_.find(layout_[next_].name);
        if (place == gathered_.end() || place->second.filled < layout_[next_].bytes()) return;
        writer_.append(place->first, place->second.bytes.data(), place->second.bytes.size());
        gathered_.erase(place);
    }
}

void Dump::finish() {
    MAMBASIC_CHECK(next_ == layout_.size(), "the run made no " + layout_[next_].name);
    writer_.finish();
}

}  // namespace mambasic::sim
