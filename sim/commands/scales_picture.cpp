// The distribution of a layer's magnitudes as a line of bars.
#include <algorithm>
#include <array>
#include <cmath>

#include "reports/human.h"
#include "sim/commands/scales_table.h"

namespace mambasic::sim {
namespace {

using traces::synth::CellStatistics;
using traces::synth::Magnitudes;

constexpr std::size_t kLevels = 8;
constexpr std::array<const char*, kLevels + 1> kBars = {" ", "▁", "▂", "▃", "▄",
                                                        "▅", "▆", "▇", "█"};
constexpr std::array<const char*, kLevels + 1> kPlainBars = {" ", ".", ":", "-", "=",
                                                             "+", "*", "#", "@"};

// By the logarithm: outliers are few, and it is they that scales are about.
std::size_t level(std::uint64_t count, std::uint64_t most) {
    if (count == 0) return 0;
    const double share =
        std::log1p(static_cast<double>(count)) / std::log1p(static_cast<double>(most));
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(share * kLevels)), 1,
                                   kLevels);
}

// The lower end of bin i, in octaves.
double octave(const Magnitudes& magnitudes, std::size_t i) {
    return magnitudes.top - static_cast<double>(Magnitudes::kBins - i) / 2;
}

// The last bin that `end`, where a range ends, leaves something of; none where there is no range.
std::size_t bin_of(const Magnitudes& magnitudes, float end) {
    if (!(end > 0)) return Magnitudes::kBins;
    const double at = std::log2(static_cast<double>(end));
    std::size_t bin = 0;
    while (bin < Magnitudes::kBins && octave(magnitudes, bin + 1) <= at) ++bin;
    return bin;
}

float widest(const LayerStatistics& layer, float CellStatistics::*scale) {
    float most = 0;
    for (const CellStatistics& cell : layer.cells) most = std::max(most, cell.*scale);
    return most * static_cast<float>(layer.top_code);
}

std::string picture(const LayerStatistics& layer, bool plain) {
    const Magnitudes& magnitudes = layer.magnitudes;
    const std::uint64_t most =
        *std::max_element(magnitudes.counts.begin(), magnitudes.counts.end());
    const float low = widest(layer, &CellStatistics::low);
    const float high = layer.code.dual() ? widest(layer, &CellStatistics::high) : 0;
    const std::size_t low_bin = bin_of(magnitudes, low);
    const std::size_t high_bin = bin_of(magnitudes, high);
    std::string text;
    for (std::size_t i = 0; i < Magnitudes::kBins; ++i) {
        text += (plain ? kPlainBars : kBars)[level(magnitudes.counts[i], most)];
        if (i == low_bin) text += "|";
        if (i == high_bin) text += "|";
    }
    return text;
}

}  // namespace

std::string scales_pictures(const std::vector<LayerStatistics>& layers, bool plain) {
    std::string text =
        "Magnitudes of x (rotated, where that is coded), half an octave a column, heights by the "
        "logarithm\nof their number; behind a bar | is what the low (or only) scale does not hold, "
        "behind a second\none what the high scale does not\n";
    for (const LayerStatistics& layer : layers) {
        const std::string number = std::to_string(layer.layer);
        const double from = std::exp2(octave(layer.magnitudes, 0));
        const double to = std::exp2(layer.magnitudes.top);
        std::string first = reports::three_digits(from);
        first.insert(0, first.size() < 9 ? 9 - first.size() : 0, ' ');
        text.append("  layer ").append(number.size() < 3 ? 3 - number.size() : 0, ' ');
        text.append(number).append("  ").append(first).append(" ");
        text.append(picture(layer, plain)).append(" ").append(reports::three_digits(to));
        text.append("\n");
    }
    return text;
}

}  // namespace mambasic::sim
