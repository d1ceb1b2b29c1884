#include "reports/human.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace mambasic::reports {
namespace {

struct Unit {
    double factor;
    const char* name;
};

// The largest unit that leaves at least 1; the first one where nothing does.
template <std::size_t kUnits>
const Unit& fitting(double value, const std::array<Unit, kUnits>& ascending) {
    const Unit* best = &ascending.front();
    for (const Unit& unit : ascending) {
        if (std::abs(value) >= unit.factor) best = &unit;
    }
    return *best;
}

constexpr std::array<Unit, 4> kTime = {{{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
constexpr std::array<Unit, 5> kEnergy = {
    {{1, "pJ"}, {1e3, "nJ"}, {1e6, "uJ"}, {1e9, "mJ"}, {1e12, "J"}}};
constexpr std::array<Unit, 5> kCount = {{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
constexpr std::array<Unit, 5> kBytes = {
    {{1, "B"}, {0x1p10, "KiB"}, {0x1p20, "MiB"}, {0x1p30, "GiB"}, {0x1p40, "TiB"}}};

template <std::size_t kUnits>
std::string scaled(double value, const std::array<Unit, kUnits>& units) {
    const Unit& unit = fitting(value, units);
    std::string text = three_digits(value / unit.factor);
    if (*unit.name != '\0') text += std::string(" ") + unit.name;
    return text;
}

}  // namespace

std::string grouped(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string three_digits(double value) {
    if (value == 0) return "0";
    constexpr double kNobodyCounts = 1e15;  // groups of three digits
    if (std::abs(value) >= 999.5 && std::abs(value) < kNobodyCounts) {
        const std::string sign = value < 0 ? "-" : "";
        return sign + grouped(static_cast<std::uint64_t>(std::llround(std::abs(value))));
    }
    // Digits before the point, after rounding to three: 9.996 is 10.0, not 10.00.
    const double magnitude = std::floor(std::log10(std::abs(value) * (1 + 0.5e-3)));
    const int decimals = std::max(0, 2 - static_cast<int>(magnitude));
    std::array<char, 64> text{};
    if (decimals > 6 || std::abs(value) >= kNobodyCounts) {
        std::snprintf(text.data(), text.size(), "%.2e", value);
    } else {
        std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    }
    return text.data();
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> text{};  // any double has its place
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

std::string percent(double part, double whole) {
    if (whole == 0) return "-";
    if (part > 0 && part < 0.0005 * whole) return "<0.1 %";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %%", 100 * part / whole);
    return text.data();
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    return scaled(static_cast<double>(bytes), kBytes);
}

std::string human_count(std::uint64_t count) {
    if (count < 1000) return std::to_string(count);
    return scaled(static_cast<double>(count), kCount);
}

std::string human_time(double ns) { return scaled(ns, kTime); }
std::string human_energy(double pj) { return scaled(pj, kEnergy); }

std::string human_energy(const Band& pj) {
    const Unit& unit = fitting(pj.value, kEnergy);
    return three_digits(pj.value / unit.factor) + " " + unit.name + " (" +
           three_digits(pj.low / unit.factor) + " to " + three_digits(pj.high / unit.factor) + " " +
           unit.name + ")";
}

std::string human_area(const Band& mm2) {
    return three_digits(mm2.value) + " mm2 (" + three_digits(mm2.low) + " to " +
           three_digits(mm2.high) + " mm2)";
}

std::string human_change(double percent) {
    constexpr double kShown = 0.005;  // less rounds to a zero, which has no sign
    if (percent == 0) return "0 %";
    if (std::abs(percent) < kShown) return "0.00 %";
    std::array<char, 340> text{};  // the longest double has 309 digits before the point
    std::snprintf(text.data(), text.size(), "%+.2f %%", percent);
    return text.data();
}

EnergyUnit energy_unit(double pj) {
    const Unit& unit = fitting(pj, kEnergy);
    return {unit.name, unit.factor};
}

}  // namespace mambasic::reports
