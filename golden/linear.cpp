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

/// output[row][channel] = epilogue(int32 accumulator, channel).
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
                output[r * n + first + c] = epilogue(sum(r, c), first + c);
            }
        }
    }
}

float scaled(float outer, float inner, std::int32_t acc) {
    return outer * (inner * static_cast<float>(acc));
}

void refuse_columns(const traces::Linear& weights) {
    if (weights.kind == traces::LinearKind::W8Columns) {
        throw std::invalid_argument("an int8 linear with column scales has the int8 forward only");
    }
}

/// int8 output of W8Columns at several rows, and of W4 at any number.
void forward_by_column(const traces::Linear& w, const Int8Rows& x, std::size_t rows,
                       std::int8_t* output) {
    linear(w, x, rows, output, [a = w.a, column = w.column](std::int32_t acc, Index n) {
        return arith::quantize_rhe(scaled(a, column[n], acc));
    });
}

/// int8 output of W8Columns at one row: one factor a column, and half away from zero.
void forward_row_by_column(const traces::Linear& w, const Int8Rows& x, std::int8_t* output) {
    linear(w, x, 1, output, [a = w.a, column = w.column](std::int32_t acc, Index n) {
        return arith::quantize_rha(column[n] * a * static_cast<float>(acc));  // left to right
    });
}

void forward_row(const traces::Linear& w, const Int8Rows& x, bool wrap, std::int8_t* output) {
    linear(w, x, 1, output, [alpha = w.alpha, wrap](std::int32_t acc, Index) {
        const float v = alpha * static_cast<float>(acc);
        return wrap ? arith::wrap_rhe(v) : arith::quantize_rhe(v);
    });
}

}  // namespace

std::vector<std::int32_t> linear_accumulators(const traces::Linear& weights, const Int8Rows& x,
                                              std::size_t rows) {
    std::vector<std::int32_t> sums(rows * weights.n);
    linear(weights, x, rows, sums.data(), [](std::int32_t acc, Index) { return acc; });
    return sums;
}

void linear_forward(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output) {
    if (weights.kind == traces::LinearKind::W8) {
        if (rows > 1) {
            linear(weights, x, rows, output,
                   [a = weights.a, b = weights.b](std::int32_t acc, Index) {
                       return arith::quantize_rhe(scaled(a, b, acc));
                   });
        } else {
            forward_row(weights, x, wrap_one_row, output);
        }
    } else if (weights.kind == traces::LinearKind::W8Columns && rows == 1) {
        forward_row_by_column(weights, x, output);
    } else {
        forward_by_column(weights, x, rows, output);
    }
}

void linear_to_seqlen_last(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                           std::int8_t* output) {
    refuse_columns(weights);
    if (weights.kind == traces::LinearKind::W4) {
        forward_by_column(weights, x, rows, output);
        return;
    }
    linear(weights, x, rows, output, [a = weights.a, b = weights.b](std::int32_t acc, Index) {
        return arith::quantize_rhe(scaled(b, a, acc));
    });
}

void linear_forward_half(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                         arith::Half* output) {
    refuse_columns(weights);
    const traces::Linear& w = weights;
    if (w.kind == traces::LinearKind::W4) {
        linear(w, x, rows, output, [a = w.a, column = w.column](std::int32_t acc, Index n) {
            return arith::to_half(scaled(a, column[n], acc));
        });
    } else if (rows > 1) {
        linear(w, x, rows, output, [a = w.a, b = w.b](std::int32_t acc, Index) {
            return arith::to_half(scaled(a, b, acc));
        });
    } else {
        linear(w, x, rows, output, [alpha = w.alpha](std::int32_t acc, Index) {
            return arith::to_half(alpha * static_cast<float>(acc));
        });
    }
}

}  // namespace mambasic::golden
