// A trace: one quantized model (or a run of its layers), the inputs it saw, the states it started
// from, and what it is known to have produced. FORMAT.md is normative. A Trace is memory-mapped and
// fully validated by open(); nobody re-checks a shape, a bound or a token afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "traces/mamba1.h"
#include "traces/mamba2.h"
#include "traces/observer.h"
#include "traces/tensor.h"
#include "traces/x_code.h"

namespace mambasic::traces {

enum class Phase { Prefill, Decode };

/// Which results a trace carries.
enum class RecordLevel {
    None,
    Outputs,  // final states of every layer, the last layer's output, the logits
    All,      // every tensor that golden makes
};

/// Of each layer of a trace; none where one scale serves all channels.
using LayerGroups = std::vector<std::optional<GroupShape>>;

struct TraceInfo {
    std::string model;      // "mamba-130m"
    std::string family;     // "mamba1", "mamba2"
    std::string scheme;     // "quamba1", "quamba2", "hybrid": how its scales were made
    std::string precision;  // "w8a8", "w4a8"
    Phase phase = Phase::Prefill;
    std::uint32_t batch = 0;
    std::uint32_t tokens = 0;       // per sequence; in decode, the number of steps
    std::uint32_t first_layer = 0;  // index in the model of the first layer held here
    std::uint32_t layers = 0;
    bool has_head = false;  // embedding, final norm and LM head are here
    bool shapes_only = false;
    RecordLevel record = RecordLevel::None;
    Dims dims;
    GroupShape groups;         // of quamba2's scale tables; one cell elsewhere
    LayerGroups layer_groups;  // hybrid only, whose layers differ
    LayerObservers observers;  // of each layer; empty where the trace does not say them
    /// The code of x that each layer has scales for and that its results were recorded with; empty:
    /// int8 everywhere.
    std::vector<XCode> x_codes;
    XProjInput x_proj_input = XProjInput::Copy;  // in what was recorded
    bool packed_w4 = false;  // W4 codes in upstream's packed words; open() sees it by their dtype
    float epsilon = 1e-5F;
    std::string producer;
    std::string data_sha256;
    std::map<std::string, std::string> notes;  // every other metadata key: how it was made

    bool w4() const { return precision == "w4a8"; }
    bool grouped() const { return scheme == "quamba2"; }
    bool hybrid() const { return scheme == "hybrid"; }
    /// The groups of layer `index` of this trace; none where one scale serves all channels.
    std::optional<GroupShape> table(std::uint32_t index) const {
        if (hybrid()) return layer_groups.at(index);
        return grouped() ? std::optional<GroupShape>(groups) : std::nullopt;
    }
    /// The code of x in layer `index`.
    XCode x_code(std::uint32_t index) const {
        return x_codes.empty() ? XCode{} : x_codes.at(index);
    }
    /// What made the scales of layer `index`: the usual, where the trace does not say it.
    Observation observer(std::uint32_t index) const {
        return observers.empty() ? usual_observer(table(index).has_value()) : observers.at(index);
    }
};

class Trace {
public:
    /// Maps and validates; throws TraceError "file: what is wrong".
    static Trace open(const std::string& path);
    Trace(Trace&&) noexcept;
    Trace& operator=(Trace&&) noexcept;
    ~Trace();

    const std::string& path() const;
    const TraceInfo& info() const;
    std::string header_sha256() const;  // covers data_sha256, so it names the whole content
    std::uint64_t file_bytes() const;
    /// Reads the whole file again and hashes its data; equals info().data_sha256 when intact.
    std::string computed_data_sha256() const;

    // 0 .. layers-1, in this trace; std::logic_error for the family that the trace is not of.
    // What 4-bit weights expand to is made here and kept for a while, up to 512 MiB in all, because
    // a decode asks for each layer at every step. May be called from several threads.
    Mamba1Layer mamba1_layer(std::uint32_t index) const;
    Mamba2Layer mamba2_layer(std::uint32_t index) const;
    Head head() const;  // has_head only

    const std::int32_t* tokens() const;         // [batch][tokens], has_head only; else null
    const std::uint16_t* input_hidden() const;  // FP16 [batch][tokens][D], where there is no head
    const float* input_residual() const;        // [batch][tokens][D]; null before layer 0
    const std::int8_t* conv_state_in(std::uint32_t index) const;  // decode: [batch][C][4]
    const std::int8_t* ssm_state_in(std::uint32_t index) const;   // decode: [batch][E][N]

    const std::vector<Tensor>& tensors() const;  // in file order, without padding
    const Tensor* find(const std::string& name) const;
    /// What was recorded for a layer's tensor ("conv1d.output"), or null.
    const Tensor* recorded(std::uint32_t index, const std::string& name) const;

private:
    struct Impl;
    explicit Trace(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mambasic::traces
