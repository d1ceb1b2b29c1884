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
void linear_int32(const traces::Linear& linear, const Int8Rows& x, std::size_t rows, Output* output,
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

/// Likewise, of the accumulator in FP32.
template <typename Output, typename Epilogue>
void linear(const traces::Linear& weights, const Int8Rows& x, std::size_t rows, Output* output,
            Epilogue epilogue) {
    linear_int32(weights, x, rows, output, [epilogue](std::int32_t acc, Index n) {
        return epilogue(static_cast<float>(acc), n);
    });
}

float scaled(float outer, float inner, float acc) { return outer * (inner * acc); }

void refuse_columns(const traces::Linear& weights) {
    if (weights.kind == traces::LinearKind::W8Columns) {
        throw std::invalid_argument("an int8 linear with column scales has the int8 forward only");
    }
}

/// run(epilogue) with that of an int8 `forward` of `rows` rows.
template <typename Run>
void with_forward(const traces::Linear& w, std::size_t rows, bool wrap_one_row, Run run) {
    if (w.kind == traces::LinearKind::W8 && rows > 1) {
        run([a = w.a, b = w.b](float acc, Index) {
            return arith::quantize_rhe(scaled(a, b, acc));
        });
    } else if (w.kind == traces::LinearKind::W8) {
        run([alpha = w.alpha, wrap_one_row](float acc, Index) {
            const float v = alpha * acc;
            return wrap_one_row ? arith::wrap_rhe(v) : arith::quantize_rhe(v);
        });
    } else if (w.kind == traces::LinearKind::W8Columns && rows == 1) {
        // One factor a column, and half away from zero.
        run([a = w.a, column = w.column](float acc, Index n) {
            return arith::quantize_rha(column[n] * a * acc);  // left to right
        });
    } else {
        run([a = w.a, column = w.column](float acc, Index n) {
            return arith::quantize_rhe(scaled(a, column[n], acc));
        });
    }
}

/// The codes whose flag is `flag`, zeros in the place of the others.
std::vector<std::int8_t> codes_with(const FlaggedRows& x, std::size_t count, bool flag) {
    std::vector<std::int8_t> codes(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
        const bool flagged = x.flags != nullptr && x.flags[i] != 0;
        codes[i] = flagged == flag ? x.codes[i] : std::int8_t{0};
    }
    return codes;
}

/// What takes the place of the FP32 accumulator.
std::vector<float> flagged_accumulators(const traces::Linear& w, const FlaggedRows& x,
                                        std::size_t rows) {
    const auto accumulators = [&](bool flag) {
        const std::vector<std::int8_t> codes = codes_with(x, rows * w.k, flag);
        return linear_accumulators(w, {codes.data(), w.k, 0}, rows);
    };
    const std::vector<std::int32_t> low = accumulators(false);
    std::vector<float> sums(low.size());
    for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] = static_cast<float>(low[i]) * x.low;
    }
    if (x.flags != nullptr) {
        const std::vector<std::int32_t> high = accumulators(true);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] = arith::fma(static_cast<float>(high[i]), x.high, sums[i]);
        }
    }
    return sums;
}

}  // namespace

std::vector<std::int32_t> linear_accumulators(const traces::Linear& weights, const Int8Rows& x,
                                              std::size_t rows) {
    std::vector<std::int32_t> sums(rows * weights.n);
    linear_int32(weights, x, rows, sums.data(), [](std::int32_t acc, Index) { return acc; });
    return sums;
}

void linear_forward(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output) {
    with_forward(weights, rows, wrap_one_row,
                 [&](auto epilogue) { linear(weights, x, rows, output, epilogue); });
}

void linear_forward(const traces::Linear& weights, const FlaggedRows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output) {
    const std::vector<float> sums = flagged_accumulators(weights, x, rows);
    with_forward(weights, rows, wrap_one_row, [&](auto epilogue) {
        for (std::size_t i = 0; i < sums.size(); ++i) {
            output[i] = epilogue(sums[i], static_cast<Index>(i % weights.n));
        }
    });
}

void linear_to_seqlen_last(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                           std::int8_t* output) {
    refuse_columns(weights);
    if (weights.kind == traces::LinearKind::W4) {
        linear(weights, x, rows, output,
               [a = weights.a, column = weights.column](float acc, Index n) {
                   return arith::quantize_rhe(scaled(a, column[n], acc));
               });
        return;
    }
    linear(weights, x, rows, output, [a = weights.a, b = weights.b](float acc, Index) {
        return arith::quantize_rhe(scaled(b, a, acc));
    });
}

void linear_forward_half(const traces::Linear& weights, const Int8Rows& x, std::size_t rows,
                         arith::Half* output) {
    refuse_columns(weights);
    const traces::Linear& w = weights;
    if (w.kind == traces::LinearKind::W4) {
        linear(w, x, rows, output, [a = w.a, column = w.column](float acc, Index n) {
            return arith::to_half(scaled(a, column[n], acc));
        });
    } else if (rows > 1) {
        linear(w, x, rows, output,
               [a = w.a, b = w.b](float acc, Index) { return arith::to_half(scaled(a, b, acc)); });
    } else {
        linear(w, x, rows, output,
               [alpha = w.alpha](float acc, Index) { return arith::to_half(alpha * acc); });
    }
}

}  // namespace mambasic::golden
