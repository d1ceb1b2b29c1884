#include "models/gemm/gemm_function.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/common/error.h"
#include "models/common/isa.h"
#include "models/gemm/gemm_kernels.h"
#if defined(MAMBASIC_HAVE_ONEDNN)
#include "models/gemm/gemm_onednn.h"
#endif
#include "models/gemm/gemm_x.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(GemmKernels, kGemmKernels)

namespace {

constexpr std::uint64_t kLargestK = 131071;                      // 131071 * 128 * 128 < 2^31
constexpr std::uint64_t kAccumulators = std::uint64_t{1} << 21;  // 8 MiB held at a time
constexpr std::int64_t kChunk = 64;              // rows and columns that one thread takes at a time
constexpr std::int64_t kParallelMacs = 1 << 23;  // fewer are not worth waking a thread

std::atomic<int> g_caches{0};
std::atomic<GemmEngine> g_engine{GemmEngine::Best};

// Rows first .. first + m of the tile.
struct Part {
    const GemmTile& tile;
    std::uint64_t first;
    std::int64_t m;
    std::int32_t* acc;
    const float* sums = nullptr;  // what the epilogue takes in place of acc
};

bool multiply_by_onednn([[maybe_unused]] const Part& part) {
#if defined(MAMBASIC_HAVE_ONEDNN)
    if (g_engine.load() != GemmEngine::Best) return false;
    const GemmTile& tile = part.tile;
    onednn::Product product;
    product.m = part.m;
    product.n = static_cast<std::int64_t>(tile.shape.n);
    product.k = static_cast<std::int64_t>(tile.shape.k);
    product.x = tile.x + part.first * tile.x_stride;
    product.x_stride = static_cast<std::int64_t>(tile.x_stride);
    product.weight = tile.weight;
    product.keep_weight = g_caches.load() > 0;
    product.acc = part.acc;
    return onednn::multiply(product);
#else
    return false;
#endif
}

std::vector<std::int16_t> widened(const Part& part, std::int64_t padded) {
    const GemmTile& tile = part.tile;
    std::vector<std::int16_t> x(static_cast<std::size_t>(part.m * padded));
    for (std::int64_t i = 0; i < part.m; ++i) {
        const std::int8_t* row =
            tile.x + (part.first + static_cast<std::uint64_t>(i)) * tile.x_stride;
        std::copy(row, row + tile.shape.k, x.begin() + i * padded);
    }
    return x;
}

void multiply_by_kernels(const Part& part) {
    const GemmShape& shape = part.tile.shape;
    const auto n = static_cast<std::int64_t>(shape.n);
    const auto k = static_cast<std::int64_t>(shape.k);
    const std::int64_t padded = (k + kGemmPad - 1) / kGemmPad * kGemmPad;
    const std::vector<std::int16_t> x = widened(part, padded);
    const GemmKernels& kernels = active_kGemmKernels();
    const std::int64_t row_chunks = (part.m + kChunk - 1) / kChunk;
    const std::int64_t column_chunks = (n + kChunk - 1) / kChunk;
#pragma omp parallel for schedule(static) if (part.m * n * k >= kParallelMacs)
    for (std::int64_t chunk = 0; chunk < row_chunks * column_chunks; ++chunk) {
        const std::int64_t i = chunk % row_chunks * kChunk;
        const std::int64_t j = chunk / row_chunks * kChunk;
        kernels.multiply({std::min(kChunk, part.m - i), std::min(kChunk, n - j), k,
                          x.data() + i * padded, padded, part.tile.weight + j * k,
                          part.acc + i * n + j, n});
    }
}

struct Factors {
    float first;  // not of the *Columns* epilogues
    float second;
};

// One factor is two with an exact 1 in front.
Factors factors_of(const GemmTile& tile) {
    switch (tile.epilogue) {
        case Epilogue::Int8InputFirst:
            return {tile.a, tile.b};
        case Epilogue::Int8Alpha:
        case Epilogue::HalfAlpha:
            return {tile.alpha, 1.0F};
        default:
            return {tile.b, tile.a};
    }
}

using RowKernel = std::uint64_t (*)(const GemmRow&);

// Those of x_proj, whose output is int8.
RowKernel sums_kernel(const GemmTile& tile) {
    const GemmKernels& kernels = active_kGemmKernels();
    MAMBASIC_CHECK(!is_half(tile.epilogue) && tile.epilogue != Epilogue::Int8ColumnsAlpha,
                   "codes of x multiplied where x_proj is not");
    if (tile.epilogue == Epilogue::Int8Columns) return kernels.sums_columns_to_int8;
    return tile.wrap && tile.epilogue == Epilogue::Int8Alpha ? kernels.sums_to_int8_wrapped
                                                             : kernels.sums_to_int8;
}

RowKernel row_kernel(const GemmTile& tile) {
    if (tile.x_in.use.multiplied()) return sums_kernel(tile);
    const GemmKernels& kernels = active_kGemmKernels();
    switch (tile.epilogue) {
        case Epilogue::HalfWeightFirst:
        case Epilogue::HalfAlpha:
            return kernels.to_half;
        case Epilogue::Int8Columns:
            return kernels.columns_to_int8;
        case Epilogue::Int8ColumnsAlpha:
            return kernels.columns_alpha_to_int8;
        case Epilogue::HalfColumns:
            return kernels.columns_to_half;
        case Epilogue::Int8Alpha:
            return tile.wrap ? kernels.to_int8_wrapped : kernels.to_int8;
        default:
            return kernels.to_int8;
    }
}

std::uint64_t finish(const Part& part) {
    const GemmTile& tile = part.tile;
    const RowKernel run = row_kernel(tile);
    const bool half = is_half(tile.epilogue);
    const Factors factors = factors_of(tile);
    const auto n = static_cast<std::int64_t>(tile.shape.n);
    const std::int64_t chunks = (n + kChunk * kChunk - 1) / (kChunk * kChunk);
    std::uint64_t saturated = 0;
#pragma omp parallel for schedule(static) reduction(+ : saturated) if (part.m * n >= kParallelMacs / 64)
    for (std::int64_t item = 0; item < part.m * chunks; ++item) {
        const std::int64_t i = item / chunks;
        const std::int64_t j = item % chunks * kChunk * kChunk;
        const std::uint64_t out = (part.first + static_cast<std::uint64_t>(i)) * tile.out_stride +
                                  static_cast<std::uint64_t>(j);
        saturated +=
            run({std::min(kChunk * kChunk, n - j), part.acc + i * n + j,
                 part.sums == nullptr ? nullptr : part.sums + i * n + j, factors.first,
                 factors.second, has_columns(tile.epilogue) ? tile.column + j : nullptr,
                 half ? nullptr : tile.out_int8 + out, half ? tile.out_half + out : nullptr});
    }
    return saturated;
}

void multiply(const Part& part) {
    if (!multiply_by_onednn(part)) multiply_by_kernels(part);
}

GemmTile with_x(const GemmTile& tile, const std::vector<std::int8_t>& x) {
    GemmTile other = tile;
    other.x = x.data();
    other.x_stride = tile.shape.k;
    return other;
}

// One sum of products for each scale, then both as one number.
std::uint64_t multiply_codes(const GemmTile& tile, const StagedX& staged) {
    const GemmShape& shape = tile.shape;
    const XOneScale& one = tile.x_in.one;
    const bool dual = !staged.flagged.empty();
    std::vector<std::int32_t> first(shape.m * shape.n);
    std::vector<std::int32_t> second(dual ? shape.m * shape.n : 0);
    std::vector<float> sums(shape.m * shape.n);
    const auto m = static_cast<std::int64_t>(shape.m);
    const GemmTile low_tile = with_x(tile, staged.x);
    multiply({low_tile, 0, m, first.data()});
    if (dual) {
        const GemmTile high_tile = with_x(tile, staged.flagged);
        multiply({high_tile, 0, m, second.data()});
    }
    active_kGemmKernels().add_up({m * static_cast<std::int64_t>(shape.n), first.data(),
                                  dual ? second.data() : nullptr, one.low / one.int8,
                                  one.high / one.int8, sums.data()});
    return finish({tile, 0, m, first.data(), sums.data()});
}

std::uint64_t multiply_int8(const GemmTile& tile) {
    const GemmShape& shape = tile.shape;
    const std::uint64_t rows =
        std::max<std::uint64_t>(kChunk, kAccumulators / std::max<std::uint64_t>(1, shape.n));
    thread_local std::vector<std::int32_t> acc;
    acc.resize(std::max<std::size_t>(acc.size(), std::min(rows, shape.m) * shape.n));
    std::uint64_t saturated = 0;
    for (std::uint64_t first = 0; first < shape.m; first += rows) {
        const Part part{tile, first, static_cast<std::int64_t>(std::min(rows, shape.m - first)),
                        acc.data()};
        multiply(part);
        saturated += finish(part);
    }
    return saturated;
}

}  // namespace

Counts gemm_compute(const GemmConfig& config, const GemmTile& tile) {
    const GemmShape& shape = tile.shape;
    if (shape.k > kLargestK) {
        throw std::overflow_error(
            "an INT32 accumulator could overflow: k = " + std::to_string(shape.k) + ", at most " +
            std::to_string(kLargestK) + " is safe");
    }
    Counts counts = gemm_count(config, shape, tile.epilogue, tile.mode, tile.x_in);
    const XUse& use = tile.x_in.use;
    if (use.multiplied()) {
        counts[Event::Saturated] = multiply_codes(tile, stage_x(tile));
    } else if (use.requantized()) {
        const StagedX staged = stage_x(tile);
        if (tile.requantized != nullptr) {
            std::copy(staged.x.begin(), staged.x.end(), tile.requantized);
        }
        counts[Event::Saturated] = multiply_int8(with_x(tile, staged.x));
    } else {
        counts[Event::Saturated] = multiply_int8(tile);
    }
    return counts;
}

GemmWeightCache::GemmWeightCache() { ++g_caches; }

GemmWeightCache::~GemmWeightCache() {
    if (--g_caches > 0) return;
#if defined(MAMBASIC_HAVE_ONEDNN)
    onednn::release_weights();
#endif
}

void use_gemm_engine(GemmEngine engine) { g_engine = engine; }

}  // namespace mambasic::models
