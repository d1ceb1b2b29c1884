#include "sim/same_bits.h"

#include <algorithm>
#include <cstring>

#include "sim/reference.h"

namespace mambasic::sim {
namespace {

using traces::Tensor;

std::unique_ptr<Reference> with_code(const traces::Trace& trace, golden::Options options,
                                     const traces::XCode& code) {
    options.x_code = code;
    return golden_reference(trace, options);
}

/// Both networks, each on what its own layers before made.
class Pair {
public:
    Pair(const traces::Trace& trace, const golden::Options& options, const traces::XCode& one,
         const traces::XCode& other)
        : one_(with_code(trace, options, one)), other_(with_code(trace, options, other)) {}

    void run(std::int32_t layer, std::uint32_t step) {
        const LayerOutput place{layer, step, {}};
        const std::vector<Tensor> others = other_->tensors(place);
        for (const Tensor& tensor : one_->tensors(place)) {
            const auto twin = std::find_if(others.begin(), others.end(),
                                           [&](const Tensor& t) { return t.name == tensor.name; });
            if (twin != others.end()) compare(tensor, *twin, place);
        }
    }
    const SameBits& result() const { return result_; }

private:
    void compare(const Tensor& a, const Tensor& b, const LayerOutput& place) {
        ++result_.tensors;
        result_.elements += a.elements();
        const bool same =
            a.dtype == b.dtype && a.shape == b.shape && std::memcmp(a.data, b.data, a.bytes()) == 0;
        if (same) return;
        if (result_.differing++ > 0) return;
        const std::string where =
            place.layer >= 0 ? " of layer " + std::to_string(place.layer) : std::string();
        result_.first = a.name + where + ", step " + std::to_string(place.step);
    }

    const std::unique_ptr<Reference> one_;
    const std::unique_ptr<Reference> other_;
    SameBits result_;
};

}  // namespace

SameBits same_bits(const traces::Trace& trace, const golden::Options& options,
                   const traces::XCode& one, const traces::XCode& other) {
    const traces::TraceInfo& info = trace.info();
    Pair pair(trace, options, one, other);
    const std::uint32_t steps = info.phase == traces::Phase::Decode ? info.tokens : 1;
    for (std::uint32_t step = 0; step < steps; ++step) {
        if (info.has_head) pair.run(LayerOutput::kEmbedding, step);
        for (std::uint32_t i = 0; i < info.layers; ++i) {
            pair.run(static_cast<std::int32_t>(i), step);
        }
        if (info.has_head) pair.run(LayerOutput::kHead, step);
    }
    return pair.result();
}

}  // namespace mambasic::sim
