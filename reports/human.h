// Figures as people read them: thousands grouped, three significant digits, a fitting unit.
#pragma once

#include <cstdint>
#include <string>

#include "reports/report.h"

namespace mambasic::reports {

std::string grouped(std::uint64_t value);        // "1,234,567"
std::string three_digits(double value);          // "0.0123", "1.23", "123", "12,300"
std::string fixed(double value, int decimals);   // "31.46"
std::string percent(double part, double whole);  // "37.1 %"; "-" of nothing
std::string human_bytes(std::uint64_t bytes);    // "4.20 MiB"
std::string human_count(std::uint64_t count);    // "12.6 M"
std::string human_time(double ns);               // "1.23 ms"
std::string human_energy(double pj);             // "12.3 uJ"
std::string human_energy(const Band& pj);        // "12.3 uJ (8.10 to 18.4 uJ)"
std::string human_area(const Band& mm2);         // "3.21 mm2 (2.50 to 4.40 mm2)"
std::string human_change(double percent);        // "+1.23 %", "-0.01 %", "0.00 %", "0 %"

/// For a column of energies, which needs one unit for all: the one that fits `pj`.
struct EnergyUnit {
    const char* name;  // "uJ"
    double pj;         // in one of it
};
EnergyUnit energy_unit(double pj);

}  // namespace mambasic::reports
