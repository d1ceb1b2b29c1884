// The bytes of tensors by name, gathered in any order and written in the layout's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "golden/layer.h"
#include "traces/trace.h"
#include "traces/writer.h"

namespace mambasic::traces::synth {

class Pieces {
public:
    /// The vector must live until the pieces are written.
    template <typename T>
    void add(const std::string& name, const std::vector<T>& values) {
        add(name, values.data(), values.size() * sizeof(T));
    }
    void add(const std::string& name, const void* data, std::uint64_t bytes);
    void add_f64(const std::string& name, double value);
    void add_f32(const std::string& name, float value);

    void add_states_in(const TraceInfo& info, std::uint32_t index, const golden::LayerState& state);
    void add_recorded(const TraceInfo& info, std::uint32_t index,
                      const golden::LayerTensors& tensors, const golden::LayerState& state);
    void add_recorded_head(const golden::HeadTensors& recorded);

    struct View {
        const void* data = nullptr;
        std::uint64_t bytes = 0;
    };
    const View* find(const std::string& name) const;

private:
    template <typename T>
    void add_scalar(const std::string& name, T value);

    std::unordered_map<std::string, View> views_;
    std::deque<std::array<char, 8>> scalars_;
};

/// Walks the layout of one trace while its pieces are made.
class Assembler {
public:
    Assembler(const std::string& path, const TraceInfo& info);

    /// Writes the tensors that come next, as far as `pieces` has them; others in it are dropped,
    /// which is how the recording level takes effect.
    void write(const Pieces& pieces);
    /// Keeps the file only where it opens: numbers of a strange trace may have led to others that
    /// no trace may hold.
    void finish();

private:
    std::vector<Tensor> layout_;
    std::size_t next_ = 0;
    SafetensorsWriter writer_;
};

}  // namespace mambasic::traces::synth
