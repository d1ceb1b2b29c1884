#include "sim/check.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"
#include "sim/result_tensors.h"

namespace mambasic::sim {
namespace {

using traces::Phase;
using traces::Tensor;

const OutputTensor* find(const LayerOutput& output, const std::string& name) {
    const auto place = std::find_if(output.tensors.begin(), output.tensors.end(),
                                    [&](const OutputTensor& t) { return t.name == name; });
    return place == output.tensors.end() ? nullptr : &*place;
}

std::string place_of(const LayerOutput& output, const std::string& tensor) {
    return tensor + " of layer " + std::to_string(output.layer) + ", step " +
           std::to_string(output.step);
}

}  // namespace

Check::Check(traces::TraceInfo info, std::unique_ptr<Reference> reference, Distances distances)
    : info_(std::move(info)), reference_(std::move(reference)), distances_(distances) {}

void Check::on_output(const LayerOutput& output) noexcept {
    if (error_) return;
    try {
        compare(output);
    } catch (...) {
        error_ = std::current_exception();
    }
}

void Check::compare(const LayerOutput& output) {
    for (const Tensor& want : reference_->tensors(output)) {
        const OutputTensor* got = find(output, want.name);
        MAMBASIC_CHECK(got != nullptr, "the chip made no " + place_of(output, want.name));
        compare_tensor(output, *got, want);
    }
}

// In decode a step is one token of the whole tensor: a row of each sequence, rows apart.
void Check::compare_tensor(const LayerOutput& output, const OutputTensor& got, const Tensor& want) {
    MAMBASIC_CHECK(got.dtype == want.dtype && got.shape == want.shape,
                   "another type or shape than the reference has: " + place_of(output, got.name));
    TensorComparison& comparison = comparison_of(output.layer, got);
    if (info_.phase == Phase::Prefill || is_state(got.name)) {
        comparison.add(got.data, want.data, want.elements(), 0, output.step);
        return;
    }
    const std::uint64_t width = want.elements() / info_.batch;
    const std::uint64_t bytes = want.bytes() / info_.batch;
    const auto* got_bytes = static_cast<const std::byte*>(got.data);
    for (std::uint64_t b = 0; b < info_.batch; ++b) {
        const std::uint64_t first = (b * info_.tokens + output.step) * width;
        comparison.add(got_bytes + b * bytes, want.data + b * bytes, width, first, output.step);
    }
}

TensorComparison& Check::comparison_of(std::int32_t layer, const OutputTensor& tensor) {
    // "trace.layers.3.had.output" without its "trace."
    const std::string name = result_key(info_, layer, tensor.name).substr(6);
    const auto [place, is_new] = places_.emplace(name, comparisons_.size());
    if (is_new) {
        std::vector<std::uint64_t> shape = tensor.shape;
        if (info_.phase == Phase::Decode && !is_state(tensor.name)) shape.at(1) = info_.tokens;
        comparisons_.emplace_back(name, tensor.dtype, shape, distances_);
    }
    return comparisons_[place->second];
}

reports::CheckSection Check::result() const {
    if (error_) std::rethrow_exception(error_);
    reports::CheckSection section;
    section.against = reference_->name();
    for (const TensorComparison& comparison : comparisons_) {
        section.tensors.push_back(comparison.result());
        section.mismatches += section.tensors.back().mismatches;
    }
    MAMBASIC_CHECK(!section.tensors.empty(), "the check compared nothing");
    return section;
}

std::vector<std::string> approximate_units(const ChipConfig& chip) {
    std::vector<std::string> units;
    const auto add = [&](const char* name, const models::NonlinearUnit& unit) {
        if (unit.kind == models::UnitKind::Exact) return;
        const bool table = unit.kind == models::UnitKind::Table;
        units.push_back(std::string(name) + ": " + (table ? "table" : "polynomial"));
    };
    add("exp", chip.nonlinear.exp);
    add("softplus", chip.nonlinear.softplus);
    add("silu", chip.nonlinear.silu);
    add("rsqrt", chip.nonlinear.rsqrt);
    return units;
}

}  // namespace mambasic::sim
