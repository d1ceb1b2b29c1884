#include "sim/diff.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "models/common/error.h"
#include "sim/diff_element.h"

namespace mambasic::sim {
namespace {

// 0, 1, 2, 3-4, 5-8, 9-16, ...
std::size_t bucket_of(std::uint64_t steps) {
    std::size_t bucket = steps > 0 ? 1 : 0;
    while (bucket > 0 && bucket < 65 && (std::uint64_t{1} << (bucket - 1)) < steps) ++bucket;
    return bucket;
}

std::vector<std::uint64_t> coordinates(std::uint64_t index,
                                       const std::vector<std::uint64_t>& shape) {
    std::vector<std::uint64_t> at(shape.size());
    for (std::size_t d = shape.size(); d-- > 0;) {
        at[d] = index % shape[d];
        index /= shape[d];
    }
    return at;
}

}  // namespace

TensorComparison::TensorComparison(std::string name, traces::DType dtype,
                                   std::vector<std::uint64_t> shape, Distances distances)
    : dtype_(dtype), shape_(std::move(shape)), distances_(distances) {
    result_.name = std::move(name);
}

void TensorComparison::note_first(std::uint64_t index, std::uint32_t step) {
    result_.first.emplace();
    result_.first->index = index;
    result_.first->at = coordinates(index, shape_);
    result_.first->step = step;
}

template <typename T>
void TensorComparison::add_as(const T* got, const T* want, std::uint64_t count, std::uint64_t first,
                              std::uint32_t step) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t steps = steps_between(got[i], want[i]);
        const double wanted = number_of(want[i]);
        const double error = std::abs(number_of(got[i]) - wanted);
        if (distances_ == Distances::On) {
            const std::size_t bucket = bucket_of(steps);
            if (result_.histogram.size() <= bucket) result_.histogram.resize(bucket + 1);
            result_.histogram[bucket] += 1;
            if (std::isfinite(error)) {
                signal_ += wanted * wanted;
                noise_ += error * error;
            }
        }
        if (steps == 0) continue;
        if (!result_.first) {
            note_first(first + i, step);
            result_.first->got = decimal_of(got[i]);
            result_.first->want = decimal_of(want[i]);
            result_.first->got_hex = hex_of(got[i]);
            result_.first->want_hex = hex_of(want[i]);
        }
        result_.mismatches += 1;
        result_.max_ulp = std::max(result_.max_ulp, steps);
        // An infinity or NaN has no distance that JSON could hold; its ulp tells.
        if (std::isfinite(error)) result_.max_abs = std::max(result_.max_abs, error);
    }
}

void TensorComparison::add(const void* got, const void* want, std::uint64_t count,
                           std::uint64_t first, std::uint32_t step) {
    result_.elements += count;
    const bool equal = std::memcmp(got, want, count * traces::bytes_of(dtype_)) == 0;
    if (equal && distances_ == Distances::Off) return;
    const auto add_typed = [&](auto tag) {
        using T = decltype(tag);
        add_as(static_cast<const T*>(got), static_cast<const T*>(want), count, first, step);
    };
    switch (dtype_) {
        case traces::DType::I8:
            return add_typed(std::int8_t{});
        case traces::DType::U8:
            return add_typed(std::uint8_t{});
        case traces::DType::I32:
            return add_typed(std::int32_t{});
        case traces::DType::I64:
            return add_typed(std::int64_t{});
        case traces::DType::F16:
            return add_typed(Fp16{});
        case traces::DType::F32:
            return add_typed(float{});
        case traces::DType::F64:
            return add_typed(double{});
    }
    MAMBASIC_CHECK(false, "tensor of an unknown type");
}

reports::CheckTensor TensorComparison::result() const {
    reports::CheckTensor result = result_;
    if (noise_ > 0 && signal_ > 0) result.sqnr_db = 10 * std::log10(signal_ / noise_);
    return result;
}

}  // namespace mambasic::sim
