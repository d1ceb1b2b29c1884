#include "golden/linear.h"

#include <Eigen/Core>
#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "golden/parallel.h"

namespace mambasic::golden {
namespace {

using Eigen::Index;
using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using IntMatrix = Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Int8Map =
    Eigen::Map<const Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
               Eigen::Unaligned, Eigen::OuterStride<>>;

// An FP32 product of int8 codes is exact in any order while every partial sum fits 24 bits:
// 1024 * 128 * 128 = 2^24. It is about ten times as fast as an int32 product.
constexpr Index kExactDepth = 1024;
constexpr Index kChannelsPerBlock = 128;  // weights converted at a time; no effect on the result

void require_no_overflow(std::uint32_t k) {
    constexpr std::uint32_t kDeepest = (1U << 31) / (128U * 128U) - 1U;
    if (k > kDeepest) {
        throw std::overflow_error("a linear of depth " + std::to_string(k) +
                                  " can overflow its int32 accumulator; the deepest is " +
                                  std::to_string(kDeepest));
    }
}

IntMatrix product(const FloatMatrix& x, const Int8Map& weight) {
    IntMatrix sum = IntMatrix::Zero(x.rows(), weight.rows());
    for (Index first = 0; first < x.cols(); first += kExactDepth) {
        const Index depth = std::min(kExactDepth, x.cols() - first);
        const FloatMatrix w = weight.middleCols(first, depth).cast<float>();
        const FloatMatrix part = x.middleCols(first, depth) * w.transpose();
        sum += part.cast<std::int32_t>();
    }
    return sum;
}

/// output[row][channel] = epilogue(int32 accumulator).
template <typename Output, typename Epilogue>
void linear(const traces::Linear& linear, const Int8Rows& x, std::size_t rows, Output* output,
            Epilogue epilogue) {
    require_no_overflow(linear.k);
    const auto m = static_cast<Index>(rows);
    const auto n = static_cast<Index>(linear.n);
    const auto k = static_cast<Index>(linear.k);
    const FloatMatrix activations =
        Int8Map(x.data, m, k, Eigen::OuterStride<>(static_cast<Index>(x.stride))).cast<float>();
#pragma omp parallel for schedule(static) if (worth_threads(rows * linear.n * linear.k))
    for (Index first = 0; first < n; first += kChannelsPerBlock) {
        const Index channels = std::min(kChannelsPerBlock, n - first);
        const IntMatrix sum = product(
            activations, Int8Map(linear.weight + first * k, channels, k, Eigen::OuterStride<>(k)));
        for (Index r = 0; r < m; ++r) {
            for (Index c = 0; c < channels; ++c) {
                output[r * n + first + c] = epilogue(sum(r, c));
            }
        }
    }
}

float scaled(float outer, float inner, std::int32_t acc) {
    return outer * (inner * static_cast<float>(acc));
}

}  // namespace

std::vector<std::int32_t> linear_accumulators(const traces::Linear& weights, const Int8Rows& x,
                                              std::size_t rows) {
    std::vector<std::int32_t> sums(rows * weights.n);
    linear(weights, x, rows, sums.data(), [](std::int32_t acc) { return acc; });
    return sums;
}

void linear_forward(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output) {
    const traces::Linear w = weights;
    if (rows > 1) {
        linear(w, x, rows, output,
               [w](std::int32_t acc) { return arith::quantize_rhe(scaled(w.a, w.b, acc)); });
        return;
    }
    linear(w, x, rows, output, [w, wrap_one_row](std::int32_t acc) {
        const float v = w.alpha * static_cast<float>(acc);
        return wrap_one_row ? arith::wrap_rhe(v) : arith::quantize_rhe(v);
    });
}

void linear_to_seqlen_last(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                           std::int8_t* output) {
    const traces::Linear w = weights;
    linear(w, x, rows, output,
           [w](std::int32_t acc) { return arith::quantize_rhe(scaled(w.b, w.a, acc)); });
}

void linear_forward_half(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                         arith::Half* output) {
    const traces::Linear w = weights;
    const bool one_row = rows == 1;
    linear(w, x, rows, output, [w, one_row](std::int32_t acc) {
        return arith::to_half(one_row ? w.alpha * static_cast<float>(acc) : scaled(w.a, w.b, acc));
    });
}

}  // namespace mambasic::golden
