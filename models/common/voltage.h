// How a card's figures go with the supply voltage. Energy and delay follow Stillmaker and Baas's
// polynomials (Integration 2017), as ratios to their values at the card's own voltage; leakage goes
// with a power of the voltage. The clock changes no energy of an operation: a slower one lets
// memory leak for longer, and a faster one is refused where a stage does not fit into it. Not
// modelled: temperature, body bias, a supply of its own for memories, the DRAM's supply.
#pragma once

#include <array>

#include "models/common/units.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

struct VoltageRule {
    double nominal_v = 0;  // what the card's figures are for
    double lowest_v = 0;
    double highest_v = 0;
    std::array<double, 3> energy{};  // by powers of the voltage, from the constant on
    std::array<double, 4> delay{};
    Banded leakage_exponent;
    static VoltageRule parse(YamlMap map);
};

/// What figures at the nominal voltage are to be multiplied by.
struct VoltageFactors {
    double energy = 1;
    double delay = 1;
    Banded leakage = {1, 1, 1};
};
VoltageFactors voltage_factors(const VoltageRule& rule, double voltage_v);

}  // namespace mambasic::models
