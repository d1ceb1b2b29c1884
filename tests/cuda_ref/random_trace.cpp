#include "tests/cuda_ref/random_trace.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include "golden/arithmetic.h"
#include "tests/cuda_ref/random_scales.h"
#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/writer.h"
#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {

namespace {

using traces::DType;
using traces::Tensor;

class Filler {
public:
    Filler(const traces::TraceInfo& info, std::uint64_t seed) : info_(info), random_(seed) {}

    std::vector<char> fill(const Tensor& tensor) {
        switch (tensor.dtype) {
            case DType::I8:
                return bytes_of(codes(tensor));
            case DType::U8:
                return nibbles(tensor.elements());
            case DType::I32:
                return bytes_of(integers(tensor));
            case DType::F16:
                return bytes_of(ends_with(tensor.name, "s_group") ? group_scales(tensor)
                                                                  : halves(tensor));
            case DType::F32:
                return ends_with(tensor.name, "input.residual")
                           ? bytes_of(residual(tensor.elements()))
                           : bytes_of(scales<float>(tensor));
            case DType::F64:
                return bytes_of(scales<double>(tensor));
            default:
                throw std::logic_error("no random " + tensor.name);
        }
    }

private:
    double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

    double bell() {  // variance 1, |x| <= 6
        double sum = -6.0;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }

    template <typename T>
    static std::vector<char> bytes_of(const std::vector<T>& values) {
        std::vector<char> bytes(values.size() * sizeof(T));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return bytes;
    }

    std::vector<std::int8_t> codes(const Tensor& tensor) {
        std::vector<std::int8_t> out(tensor.elements());
        const bool decay = ends_with(tensor.name, "A_log");
        for (std::int8_t& code : out) {
            const double value = decay ? 127.0 * uniform() - 10.0 : 45.0 * bell();
            code = static_cast<std::int8_t>(std::clamp(value, -128.0, 127.0));
        }
        const std::uint64_t used = used_rows(tensor.name, tensor.shape[0]);
        const std::uint64_t width = tensor.elements() / tensor.shape[0];
        for (std::uint64_t i = used * width; i < out.size(); ++i) out[i] = 0;
        return out;
    }

    std::uint64_t used_rows(const std::string& name, std::uint64_t stored) const {
        const traces::Dims& dims = info_.dims;
        const auto of = [&](const char* linear) {
            return name.find(std::string(linear) + ".") != std::string::npos;
        };
        if (of("in_proj")) return dims.in_proj_width();
        if (of("x_proj")) return dims.x_proj_width();
        if (of("dt_proj")) return dims.d_inner;
        if (of("out_proj")) return dims.d_model;
        if (of("lm_head")) return dims.vocab;
        return stored;
    }

    std::vector<char> nibbles(std::uint64_t bytes) {
        std::vector<char> out(bytes);
        for (char& byte : out) byte = static_cast<char>(random_() % 256);
        return out;
    }

    /// With codes from -8 to 7 the products have about 45 codes rms and stay above -127.5.
    std::vector<std::uint16_t> group_scales(const Tensor& tensor) {
        const std::uint64_t columns = tensor.shape[1];
        const std::uint64_t used = used_rows(tensor.name, columns);
        std::vector<std::uint16_t> out(tensor.elements(), 0);
        for (std::uint64_t i = 0; i < out.size(); ++i) {
            const auto value = static_cast<float>(4.0 + 11.9 * uniform());
            if (i % columns < used) out[i] = arith::to_half(value);
        }
        return out;
    }

    std::vector<std::int32_t> integers(const Tensor& tensor) {
        const traces::Dims& dims = info_.dims;
        if (ends_with(tensor.name, "x_head_group_range")) {
            return ends(tensor, dims.table_heads() / dims.table_ssd_groups());
        }
        if (ends_with(tensor.name, "x_dim_group_range")) return ends(tensor, dims.table_head_dim());
        return tokens(tensor.elements());
    }

    /// Rows of ascending end positions, the last one at `last`.
    std::vector<std::int32_t> ends(const Tensor& tensor, std::uint32_t last) {
        std::vector<std::int32_t> out;
        for (std::uint64_t row = 0; row < tensor.elements() / tensor.shape.back(); ++row) {
            std::set<std::int32_t> row_ends = {static_cast<std::int32_t>(last)};
            while (row_ends.size() < tensor.shape.back()) {
                row_ends.insert(1 + static_cast<std::int32_t>(random_() % last));
            }
            out.insert(out.end(), row_ends.begin(), row_ends.end());
        }
        return out;
    }

    std::vector<std::int32_t> tokens(std::uint64_t count) {
        std::vector<std::int32_t> out(count);
        for (std::int32_t& token : out)
            token = static_cast<std::int32_t>(random_() % info_.dims.vocab);
        return out;
    }

    std::vector<std::uint16_t> halves(const Tensor& tensor) {
        std::vector<std::uint16_t> out(tensor.elements());
        for (std::uint16_t& half : out) {
            double value = bell();
            if (ends_with(tensor.name, "norm.weight") || ends_with(tensor.name, "norm_f.weight")) {
                value = 1.0 + 0.1 * value;
            } else if (ends_with(tensor.name, "embedding.scales")) {
                value = 0.02 + 0.002 * value;
            } else if (tensor.name == traces::kRotationKey) {
                value /= std::sqrt(static_cast<double>(info_.dims.d_inner));
            }
            half = arith::to_half(static_cast<float>(value));
        }
        return out;
    }

    std::vector<float> residual(std::uint64_t count) {
        std::vector<float> out(count);
        for (float& value : out) value = static_cast<float>(2.0 * bell());
        return out;
    }

    template <typename T>
    std::vector<T> scales(const Tensor& tensor) {
        std::vector<T> out(tensor.elements());
        for (std::uint64_t i = 0; i < out.size(); ++i) {
            const double value = typical_scale(info_.dims, tensor.name) * (0.9 + 0.2 * uniform());
            const bool tied = i % 2 == 0 && makes_ties(info_.dims, tensor.name);
            out[i] = static_cast<T>(tied ? std::exp2(std::round(std::log2(value))) : value);
        }
        return out;
    }

    const traces::TraceInfo& info_;
    std::mt19937_64 random_;
};

}  // namespace

traces::TraceInfo random_info(traces::Phase phase, std::uint32_t batch, std::uint32_t tokens,
                              std::uint32_t d_model) {
    traces::TraceInfo info;
    info.model = "random";
    info.family = "mamba1";
    info.scheme = "quamba1";
    info.precision = "w8a8";
    info.phase = phase;
    info.batch = batch;
    info.tokens = tokens;
    info.layers = 2;
    info.has_head = true;
    info.dims.d_model = d_model;
    info.dims.d_inner = 2 * d_model;
    info.dims.d_state = 16;
    info.dims.d_conv = 4;
    info.dims.dt_rank = 7;  // no multiple of four: the operands' tails count
    info.dims.n_layer = 4;
    info.dims.vocab = 90;
    info.producer = "tests/cuda_ref";
    return info;
}

traces::TraceInfo random_mamba2_info(traces::Phase phase, std::uint32_t batch, std::uint32_t tokens,
                                     std::uint32_t d_model) {
    traces::TraceInfo info = random_info(phase, batch, tokens, d_model);
    info.family = "mamba2";
    info.scheme = "quamba2";
    info.dims.family = traces::Family::Mamba2;
    info.dims.dt_rank = 0;
    info.dims.head_dim = 8;
    info.dims.heads = info.dims.d_inner / info.dims.head_dim;
    info.dims.groups = 2;
    info.dims.chunk = 16;
    info.groups = {2, 2, 3};
    return info;
}

traces::TraceInfo with_table(traces::TraceInfo info, std::uint32_t head_groups,
                             std::uint32_t dim_groups) {
    info.scheme = "quamba2";
    info.groups = {info.dims.table_ssd_groups(), head_groups, dim_groups};
    return info;
}

traces::TraceInfo with_codes(traces::TraceInfo info, const std::string& codes) {
    if (!traces::read_x_codes(codes, info.layers, info.x_codes)) {
        throw std::logic_error(codes + " are no codes of x");
    }
    return info;
}

traces::TraceInfo without_groups(traces::TraceInfo info) {
    info.scheme = "quamba1";
    info.groups = {};
    return info;
}

traces::Trace random_trace(const std::string& path, const traces::TraceInfo& info,
                           std::uint64_t seed) {
    const std::vector<Tensor> layout = traces::layout(info);
    traces::SafetensorsWriter writer(path, traces::metadata_of(info), layout);
    Filler filler(info, seed);
    for (const Tensor& tensor : layout) {
        const std::vector<char> bytes = filler.fill(tensor);
        writer.append(tensor.name, bytes.data(), bytes.size());
    }
    writer.finish();
    return traces::Trace::open(path);
}

}  // namespace mambasic::cuda_ref
