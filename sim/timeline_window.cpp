#include "sim/timeline_window.h"

#include <array>
#include <charconv>
#include <cmath>

#include "models/common/error.h"

namespace mambasic::sim {

using models::UserError;

namespace {

constexpr const char* kForms =
    "; write all, FROM:TO as in 0:200us (ns, us, ms or cycles), or layer:3, layer:3..5";
constexpr const char* kLayerWord = "layer:";

struct Span {
    double amount = 0;
    std::string unit;
};

std::optional<Span> parsed_span(const std::string& text) {
    Span span;
    const char* end = text.data() + text.size();
    const auto [stop, error] =
        std::from_chars(text.data(), end, span.amount, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(span.amount) || span.amount < 0) {
        return std::nullopt;
    }
    span.unit = std::string(stop, end);
    return span;
}

/// A unit in ticks, or nothing.
std::optional<double> unit_ticks(const std::string& unit, models::Ticks period) {
    struct Unit {
        const char* name;
        double ticks;  // of 1 fs
    };
    const std::array<Unit, 5> units = {{{"ns", 1e6},
                                        {"us", 1e9},
                                        {"ms", 1e12},
                                        {"cycle", static_cast<double>(period)},
                                        {"cycles", static_cast<double>(period)}}};
    for (const Unit& u : units) {
        if (unit == u.name) return u.ticks;
    }
    return std::nullopt;
}

TimelineWindow parse_layers(const std::string& text, const std::string& range) {
    TimelineWindow::Layers layers;
    const char* end = range.data() + range.size();
    auto [stop, error] = std::from_chars(range.data(), end, layers.first);
    layers.last = layers.first;
    bool good = error == std::errc();
    if (good && stop != end) {
        good = end - stop > 2 && stop[0] == '.' && stop[1] == '.';
        if (good) {
            const auto second = std::from_chars(stop + 2, end, layers.last);
            good = second.ec == std::errc() && second.ptr == end;
        }
    }
    if (!good) throw UserError("'" + text + "' names no layers" + kForms);
    if (layers.last < layers.first) {
        throw UserError("'" + text + "' ends before it begins, write layer:" +
                        std::to_string(layers.last) + ".." + std::to_string(layers.first));
    }
    TimelineWindow window;
    window.layers = layers;
    return window;
}

}  // namespace

TimelineWindow TimelineWindow::parse(const std::string& text, models::Ticks period) {
    if (text == "all") return {};
    if (text.rfind(kLayerWord, 0) == 0) {
        return parse_layers(text, text.substr(std::string(kLayerWord).size()));
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) throw UserError("'" + text + "' is no window" + kForms);
    std::optional<Span> from = parsed_span(text.substr(0, colon));
    const std::optional<Span> until = parsed_span(text.substr(colon + 1));
    if (!from || !until) throw UserError("'" + text + "' is no window" + kForms);
    if (from->unit.empty()) from->unit = until->unit;
    const std::optional<double> from_unit = unit_ticks(from->unit, period);
    const std::optional<double> until_unit = unit_ticks(until->unit, period);
    if (!from_unit || !until_unit) {
        throw UserError("'" + text + "' lacks a known unit" + kForms);
    }
    constexpr double kMost = 1e18;  // 1000 s in ticks, which 64 bits hold
    const double first = from->amount * *from_unit;
    const double last = until->amount * *until_unit;
    if (last > kMost) throw UserError("'" + text + "' ends after more than 1000 s");
    if (first >= last) throw UserError("'" + text + "' must end after it begins" + kForms);
    TimelineWindow window;
    window.begin = static_cast<std::uint64_t>(std::floor(first / static_cast<double>(period)));
    window.end = static_cast<std::uint64_t>(std::ceil(last / static_cast<double>(period)));
    return window;
}

}  // namespace mambasic::sim
