// What a Trace holds: the file, its metadata, its tensors by name.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "traces/expansion_cache.h"
#include "traces/layout.h"
#include "traces/safetensors.h"
#include "traces/trace.h"

namespace mambasic::traces {

struct Trace::Impl {
    explicit Impl(SafetensorsFile opened) : file(std::move(opened)) {}

    SafetensorsFile file;
    TraceInfo info;
    std::vector<Tensor> tensors;
    std::unordered_map<std::string, std::size_t> by_name;
    ExpansionCache expanded{512ULL << 20};
    std::int32_t all_heads = 0;  // the ranges where one scale serves all channels of Mamba2
    std::int32_t all_dims = 0;

    const Tensor* find(const std::string& name) const {
        const auto found = by_name.find(name);
        return found == by_name.end() ? nullptr : &tensors[found->second];
    }
    template <typename T>
    const T* array(const std::string& name) const {
        const Tensor* tensor = find(name);
        return tensor == nullptr ? nullptr : tensor->as<T>();
    }
    /// A stored scale, F32 or F64; 0 where the trace has shapes only.
    double scalar(const std::string& name) const {
        const Tensor& tensor = tensors[by_name.at(name)];
        if (tensor.data == nullptr) return 0;
        return tensor.dtype == DType::F64 ? *tensor.as<double>()
                                          : static_cast<double>(*tensor.as<float>());
    }
    float scale(const std::string& name) const { return static_cast<float>(scalar(name)); }

    Linear linear(const LinearShape& shape);
    void expand_w4(const LinearShape& shape, Linear& out);
    void fill_conv(const std::string& at, Mamba1Layer& layer) const;
    void fill_scan(const std::string& at, Mamba1Layer& layer) const;
    void fill_conv(const std::string& at, Mamba2Layer& layer) const;
    void fill_scan(const std::string& at, Mamba2Layer& layer) const;
    /// The scales of the conv output and of the state.
    void fill_x_scales(std::uint32_t index, Mamba1Layer& layer) const;
    void fill_x_scales(std::uint32_t index, Mamba2Layer& layer) const;
    /// Those of a code of x that has some of its own; null for others.
    XScales code_scales(std::uint32_t index) const;
    GroupTable group_table(std::uint32_t index, const std::string& state_scales) const;
};

}  // namespace mambasic::traces
