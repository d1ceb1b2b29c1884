#include "models/nonlinear/nonlinear_cost.h"

namespace mambasic::models {

namespace {

// What an approximate unit is built from; it uses all of it once for every result.
struct Datapath {
    double adds = 0;
    double muls = 0;
    double fmas = 0;
    double rom_bits = 0;
};

struct Unit {
    const char* name;
    const NonlinearUnit& config;
    Primitive exact;
    Event event;
};

Unit unit_of(const NonlinearConfig& c, NonlinearFunction function) {
    switch (function) {
        case NonlinearFunction::Exp:
            return {"exp", c.exp, Primitive::ExpUnit, Event::Exp};
        case NonlinearFunction::Softplus:
            return {"softplus", c.softplus, Primitive::SoftplusUnit, Event::Softplus};
        case NonlinearFunction::Silu:
            return {"silu", c.silu, Primitive::SiluUnit, Event::Silu};
        case NonlinearFunction::Rsqrt:
            break;
    }
    return {"rsqrt", c.rsqrt, Primitive::RsqrtUnit, Event::Rsqrt};
}

// As the function evaluates them (nonlinear/unit_eval.h). Range reduction: exp takes one
// multiplication and two fma to split x log2 e, softplus and SiLU one fma to find the position,
// rsqrt only splits the exponent. Then one subtraction gives the position inside a segment, and one
// fma for each degree the result, from 32-bit coefficients.
Datapath datapath(NonlinearFunction function, const NonlinearUnit& unit) {
    constexpr double kCoefficientBits = 32;
    const bool table = unit.kind == UnitKind::Table;
    const double degree = table ? 1 : unit.polynomial_degree;
    double segments = unit.table_entries;
    Datapath d;
    d.adds = 1;
    switch (function) {
        case NonlinearFunction::Exp:
            d.muls = 1;
            d.fmas = 2;
            if (!table) segments = 1;
            break;
        case NonlinearFunction::Softplus:
        case NonlinearFunction::Silu:
            d.fmas = 1;
            if (!table) segments = 32;  // one a unit of x on [-16, 16)
            break;
        case NonlinearFunction::Rsqrt:
            if (!table) segments = 2;  // the octaves [1, 2) and [2, 4)
            break;
    }
    d.fmas += degree;
    d.rom_bits = segments * (degree + 1) * kCoefficientBits;
    return d;
}

Banded datapath_energy(const Technology& technology, const Datapath& d) {
    const auto price = [&](Event e) { return technology.energy_pj[static_cast<std::size_t>(e)]; };
    return price(Event::Fp32Add) * d.adds + price(Event::Fp32Mul) * d.muls +
           price(Event::Fp32Fma) * d.fmas;
}

}  // namespace

std::vector<LogicPart> nonlinear_parts(const NonlinearConfig& config, NonlinearFunction function,
                                       double count) {
    const Unit unit = unit_of(config, function);
    const std::string name = unit.name;
    if (unit.config.kind == UnitKind::Exact) return {{name + " units", unit.exact, count}};
    const Datapath d = datapath(function, unit.config);
    std::vector<LogicPart> parts = {
        {name + " adders", Primitive::Fp32Adder, count * d.adds},
        {name + " multipliers", Primitive::Fp32Multiplier, count * d.muls},
        {name + " fma", Primitive::Fp32Fma, count * d.fmas},
        {name + " tables", Primitive::RomBit, count * d.rom_bits}};
    return parts;
}

EventPrices logic_prices(const Technology& technology, const NonlinearConfig& config) {
    EventPrices prices{technology.energy_pj};
    for (const NonlinearFunction function : {NonlinearFunction::Exp, NonlinearFunction::Softplus,
                                             NonlinearFunction::Silu, NonlinearFunction::Rsqrt}) {
        const Unit unit = unit_of(config, function);
        if (unit.config.kind == UnitKind::Exact) continue;
        prices[unit.event] = datapath_energy(technology, datapath(function, unit.config));
    }
    return prices;
}

}  // namespace mambasic::models
