#include "sim/commands/scales_kinds.h"

#include <algorithm>

#include "traces/layer_observers.h"
#include "traces/words.h"

namespace mambasic::sim {
namespace {

using traces::Observation;
using traces::Observer;
using traces::XFormat;
using traces::synth::CellStatistics;
using traces::synth::CodeUse;
using traces::synth::LayerStatistics;

// What made the scales of a layer, in words.
class Origins {
public:
    Origins(const traces::TraceInfo& info, const LayerStatistics& layer)
        : made_(!info.observers.empty()),
          how_(info.observer(layer.layer - info.first_layer)),
          factor_(layer.code.factor) {}

    std::string statistic() const {
        if (!made_) return "recorded";
        const std::string name = name_of(how_.observer);
        if (!how_.follows_quantile()) return name + where();
        return name + " alpha " + traces::decimal(how_.alpha) + " sigma " +
               traces::decimal(how_.sigma) + where();
    }
    /// Of Dual4's low scale and threshold.
    std::string quantile() const {
        if (!made_ || how_.observer == Observer::Mse) return statistic();
        return "quantile " + traces::decimal(how_.quantile) + where();
    }
    /// Of Dual4's high scale.
    std::string high() const {
        if (!made_ || how_.observer == Observer::Mse) return statistic();
        if (how_.factor > 0) return "low scale x factor " + traces::decimal(how_.factor);
        return "largest" + where();
    }
    /// Of a scale that the code derives from int8's.
    std::string multiple() const { return "int8's scale x factor " + traces::decimal(factor_); }

private:
    std::string where() const { return how_.codes ? " in codes" : " in floats"; }

    bool made_;
    Observation how_;
    float factor_;
};

/// Takes a layer's kinds one by one.
class Kinds {
public:
    Kinds(const traces::TraceInfo& info, const LayerStatistics& layer)
        : layer_(layer), origins_(info, layer) {}

    const Origins& origins() const { return origins_; }
    void add(const std::string& name, const std::string& from, float CellStatistics::*scale,
             CodeUse CellStatistics::*codes = nullptr) {
        ScaleKind kind;
        kind.name = name;
        kind.from = from;
        kind.bottom_code = layer_.bottom_code;
        kind.top_code = layer_.top_code;
        for (const CellStatistics& cell : layer_.cells) {
            kind.cells.push_back({cell.*scale, cell.*scale, {}});
            if (codes != nullptr) kind.cells.back().codes = cell.*codes;
        }
        out_.push_back(std::move(kind));
    }
    void add_state() {
        const traces::synth::StateStatistics& state = layer_.state;
        out_.push_back({"state",
                        origins_.statistic(),
                        kLowest,
                        kHighest,
                        {{state.lowest_scale, state.highest_scale, state.codes}},
                        true});
    }
    // Calibration leaves these as they were.
    void add_streams() {
        for (const traces::synth::StreamScale& stream : layer_.streams) {
            out_.push_back({stream.name,
                            "recorded",
                            kLowest,
                            kHighest,
                            {{stream.lowest, stream.highest, stream.codes}},
                            true,
                            false});
        }
    }
    std::vector<ScaleKind> take() { return std::move(out_); }

private:
    static constexpr int kLowest = -128;
    static constexpr int kHighest = 127;

    const LayerStatistics& layer_;
    const Origins origins_;
    std::vector<ScaleKind> out_;
};

void add_dual4(const LayerStatistics& layer, Kinds& kinds) {
    const Origins& from = kinds.origins();
    kinds.add("x low", from.quantile(), &CellStatistics::low, &CellStatistics::unflagged);
    kinds.add("x high", from.high(), &CellStatistics::high, &CellStatistics::flagged);
    if (layer.code.rule == traces::FlagRule::Threshold) {
        kinds.add("x threshold", from.quantile(), &CellStatistics::threshold);
    }
}

void add_x(const LayerStatistics& layer, Kinds& kinds) {
    const Origins& from = kinds.origins();
    if (layer.code.format == XFormat::Dual4) {
        add_dual4(layer, kinds);
    } else if (layer.code.format == XFormat::Dual8) {
        kinds.add("x low", from.statistic(), &CellStatistics::low, &CellStatistics::unflagged);
        kinds.add("x high", from.multiple(), &CellStatistics::high, &CellStatistics::flagged);
    } else if (layer.code.format == XFormat::Fp32) {
        kinds.add("x int8", from.statistic(), &CellStatistics::scale);
    } else {
        kinds.add(layer.code.rotated() ? "x rotated" : "x", from.statistic(), &CellStatistics::low,
                  &CellStatistics::unflagged);
    }
    if (layer.code.format == XFormat::Uniform8) {
        kinds.add("x decoded", from.multiple(), &CellStatistics::high);
    }
    // Nothing on the way to the SSM; Mamba1's x_proj may read codes of it.
    if (layer.code.own_scales()) kinds.add("x int8", from.statistic(), &CellStatistics::scale);
}

}  // namespace

ScaleUse ScaleKind::all() const {
    ScaleUse out = cells.front();
    out.codes = {};
    for (const ScaleUse& cell : cells) {
        out.lowest = std::min(out.lowest, cell.lowest);
        out.highest = std::max(out.highest, cell.highest);
        out.codes.add(cell.codes);
    }
    return out;
}

std::vector<ScaleKind> scale_kinds(const traces::TraceInfo& info, const LayerStatistics& layer) {
    Kinds kinds(info, layer);
    add_x(layer, kinds);
    kinds.add_state();
    kinds.add_streams();
    return kinds.take();
}

}  // namespace mambasic::sim
