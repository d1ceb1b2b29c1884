// What the layouts of both families are put together from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "traces/layout.h"

namespace mambasic::traces {

using Shape = std::vector<std::uint64_t>;

class TensorList {
public:
    TensorList(const TraceInfo& info, std::vector<Tensor>& out) : info_(info), out_(out) {}

    const TraceInfo& info() const { return info_; }
    const Dims& dims() const { return info_.dims; }
    void add(const std::string& name, DType dtype, Shape shape) {
        out_.push_back({name, dtype, std::move(shape), nullptr});
    }
    /// Codes or weights, and the scales that are kept by column or by group.
    void add_arrays(const LinearShape& linear);
    void add_alpha(const LinearShape& linear);   // F64, before all F32 scalars
    void add_scales(const LinearShape& linear);  // the other scalars
    void add_embedding();
    /// The ranges and the scales of the conv output x of a layer's table. Gives the extents of what
    /// has a scale for each cell; {1} where one scale serves all channels.
    Shape add_cells(std::uint32_t index);
    /// The scales of a code of x that has some of its own, of such extents.
    void add_code_scales(std::uint32_t index, const Shape& cells);
    void add_states(const std::string& at, const std::string& suffix);
    Shape rows(std::uint64_t channels) const { return {info_.batch, info_.tokens, channels}; }

private:
    const TraceInfo& info_;
    std::vector<Tensor>& out_;
};

/// The weights of a layer: arrays, then scalars, F64 first, which then need no padding.
void add_mamba1_weights(TensorList& list, std::uint32_t index);
void add_mamba2_weights(TensorList& list, std::uint32_t index);

}  // namespace mambasic::traces
