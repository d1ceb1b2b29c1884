#include "traces/checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "traces/error.h"
#include "traces/layout.h"
#include "traces/value_checks.h"

namespace mambasic::traces {

namespace {

bool starts_with(const std::string& text, const std::string& prefix) {
    return text.compare(0, prefix.size(), prefix) == 0;
}

bool ends_with(const std::string& text, const std::string& suffix) {
    return text.size() >= suffix.size() &&
           text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string spell(DType dtype, const std::vector<std::uint64_t>& shape) {
    std::string out = name_of(dtype) + std::string(" [");
    for (std::size_t i = 0; i < shape.size(); ++i) {
        out += (i == 0 ? "" : ",") + std::to_string(shape[i]);
    }
    return out + "]";
}

TensorIndex index_of(const std::vector<Tensor>& tensors) {
    TensorIndex index;
    for (const Tensor& tensor : tensors) index[tensor.name] = &tensor;
    return index;
}

void require_known(const std::string& path, const std::vector<Tensor>& tensors,
                   const std::vector<Tensor>& wanted) {
    const TensorIndex known = index_of(wanted);
    for (const Tensor& tensor : tensors) {
        if (known.count(tensor.name) > 0 || is_padding(tensor.name)) continue;
        if (starts_with(tensor.name, "trace.extra.")) continue;
        std::vector<std::string> names;
        names.reserve(wanted.size());
        for (const Tensor& item : wanted) names.push_back(item.name);
        throw error_in_tensor(path, tensor.name,
                              "not part of a trace with this metadata; the nearest that is: '" +
                                  nearest(tensor.name, names) + "'");
    }
}

// Index of the first element with all exponent bits set (NaN or infinity), or `count`.
template <typename Bits>
std::uint64_t first_not_finite(const Tensor& tensor, Bits exponent) {
    const Bits* bits = tensor.as<Bits>();
    const std::uint64_t count = tensor.elements();
    constexpr std::uint64_t kBlock = 4096;  // a flat inner loop vectorizes; the search is rare
    for (std::uint64_t begin = 0; begin < count; begin += kBlock) {
        const std::uint64_t end = std::min(count, begin + kBlock);
        unsigned bad = 0;
        for (std::uint64_t i = begin; i < end; ++i) {
            bad |= static_cast<unsigned>((bits[i] & exponent) == exponent);
        }
        if (bad == 0) continue;
        for (std::uint64_t i = begin; i < end; ++i) {
            if ((bits[i] & exponent) == exponent) return i;
        }
    }
    return count;
}

void require_finite(const std::string& path, const Tensor& tensor) {
    std::uint64_t bad = tensor.elements();
    if (tensor.dtype == DType::F16) bad = first_not_finite<std::uint16_t>(tensor, 0x7C00U);
    if (tensor.dtype == DType::F32) bad = first_not_finite<std::uint32_t>(tensor, 0x7F800000U);
    if (tensor.dtype == DType::F64) {
        bad = first_not_finite<std::uint64_t>(tensor, 0x7FF0000000000000ULL);
    }
    if (bad < tensor.elements()) {
        throw error_in_tensor(path, tensor.name,
                              "element " + std::to_string(bad) + " is NaN or infinite");
    }
}

// A scale is used as FP32, so an F64 one must survive the conversion.
void require_scales(const std::string& path, const Tensor& tensor) {
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        const double stored = tensor.dtype == DType::F64
                                  ? tensor.as<double>()[i]
                                  : static_cast<double>(tensor.as<float>()[i]);
        const auto scale = static_cast<float>(stored);
        if (scale > 0 && std::isfinite(scale)) continue;
        const std::string which =
            tensor.elements() == 1 ? "" : "; element " + std::to_string(i) + " is";
        throw error_in_tensor(path, tensor.name,
                              "a scale must be finite and > 0 as FP32" +
                                  (which.empty() ? ", not " : which + " ") +
                                  std::to_string(stored));
    }
}

void require_tokens(const std::string& path, const Tensor& tensor, std::uint32_t vocab) {
    const auto* tokens = tensor.as<std::int32_t>();
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        if (tokens[i] >= 0 && static_cast<std::uint32_t>(tokens[i]) < vocab) continue;
        throw error_in_tensor(path, tensor.name,
                              "element " + std::to_string(i) + " is token " +
                                  std::to_string(tokens[i]) + ", outside [0, " +
                                  std::to_string(vocab) + ")");
    }
}

void require_zero_rows(const std::string& path, const Tensor& tensor, std::uint64_t rows) {
    const std::uint64_t k = tensor.shape[1];
    const std::int8_t* begin = tensor.as<std::int8_t>() + rows * k;
    const std::int8_t* end = tensor.as<std::int8_t>() + tensor.elements();
    const std::int8_t* bad = std::find_if(begin, end, [](std::int8_t code) { return code != 0; });
    if (bad == end) return;
    const auto row = rows + static_cast<std::uint64_t>(bad - begin) / k;
    throw error_in_tensor(path, tensor.name,
                          "row " + std::to_string(row) + " is padding and must be zero");
}

// A linear's scales by column are looked at where its columns are counted, since some are padding.
bool is_scale(const Tensor& tensor) {
    if (starts_with(tensor.name, "trace.")) return false;
    if (tensor.dtype != DType::F32 && tensor.dtype != DType::F64) return false;
    constexpr std::array<const char*, 5> kByCell{".ssm_state_scale", "_out_scales", ".x_low_scales",
                                                 ".x_high_scales", ".x_thresholds"};
    const auto named = [&tensor](const char* suffix) { return ends_with(tensor.name, suffix); };
    return tensor.elements() == 1 || std::any_of(kByCell.begin(), kByCell.end(), named);
}

std::vector<LinearShape> all_linears(const TraceInfo& info) {
    std::vector<LinearShape> out;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const std::vector<LinearShape> layer = linear_shapes(info, index);
        out.insert(out.end(), layer.begin(), layer.end());
    }
    if (info.has_head) out.push_back(lm_head_shape(info));
    return out;
}

void require_spec(const std::string& path, const Tensor& have, const Tensor& want) {
    if (have.dtype == want.dtype && have.shape == want.shape) return;
    throw error_in_tensor(
        path, want.name,
        "is " + spell(have.dtype, have.shape) + ", expected " + spell(want.dtype, want.shape));
}

}  // namespace

bool is_padding(const std::string& name) { return starts_with(name, "trace.pad."); }

void require_layout(const std::string& path, const TraceInfo& info,
                    const std::vector<Tensor>& tensors) {
    std::vector<Tensor> wanted = layout(info);
    const TensorIndex present = index_of(tensors);
    for (const Tensor& want : wanted) {
        const auto found = present.find(want.name);
        if (found == present.end()) {
            throw error_in_tensor(path, want.name,
                                  "is missing; expected " + spell(want.dtype, want.shape));
        }
        require_spec(path, *found->second, want);
    }
    for (const Duplicate& duplicate : duplicates(info)) {
        Tensor want = duplicate.original;
        want.name = duplicate.name;
        const auto found = present.find(want.name);
        if (found != present.end()) require_spec(path, *found->second, want);
        wanted.push_back(want);
    }
    require_known(path, tensors, wanted);
}

void require_values(const std::string& path, const TraceInfo& info,
                    const std::vector<Tensor>& tensors) {
    const TensorIndex present = index_of(tensors);
    for (const Tensor& want : layout(info)) {
        const Tensor& tensor = *present.at(want.name);
        require_finite(path, tensor);
        if (is_scale(tensor)) require_scales(path, tensor);
        if (tensor.name == "trace.tokens") require_tokens(path, tensor, info.dims.vocab);
    }
    for (const LinearShape& linear : all_linears(info)) {
        if (linear.kind != LinearKind::W4) {
            require_zero_rows(path, *present.at(linear.key + ".weight"), linear.n);
        }
        require_linear(path, info, linear, present);
    }
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        if (info.table(index)) require_ranges(path, info, index, present);
        require_recorded_codes(path, info, index, present);
    }
    require_equal_duplicates(path, info, present);
}

}  // namespace mambasic::traces
