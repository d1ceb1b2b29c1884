#include "models/nonlinear/nonlinear_cost.h"

namespace mambasic::models {

namespace {

// What an approximate unit is built from; it uses all of it once for every result.
struct Datapath {
    double adds = 0;
    double muls = 0;
    double fmas = 0;
    double divs = 0;
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

// Table: one multiplication finds the segment, one fma interpolates between a value and a slope of
// 32 bits each. Polynomial: range reduction (one multiplication), then one fma for each degree;
// softplus is an exponential and a logarithm, SiLU an exponential, an addition and a division.
Datapath datapath(NonlinearFunction function, const NonlinearUnit& unit) {
    constexpr double kBitsPerSegment = 64;
    Datapath d;
    d.muls = 1;
    if (unit.kind == UnitKind::Table) {
        d.fmas = 1;
        d.rom_bits = kBitsPerSegment * unit.table_entries;
        return d;
    }
    d.fmas = unit.polynomial_degree;
    if (function == NonlinearFunction::Softplus) {
        d.muls += 1;
        d.fmas += unit.polynomial_degree;
        d.adds = 1;
    }
    if (function == NonlinearFunction::Silu) {
        d.adds = 1;
        d.divs = 1;
    }
    return d;
}

Banded datapath_energy(const Technology& technology, const Datapath& d) {
    const auto price = [&](Event e) { return technology.energy_pj[static_cast<std::size_t>(e)]; };
    return price(Event::Fp32Add) * d.adds + price(Event::Fp32Mul) * d.muls +
           price(Event::Fp32Fma) * d.fmas + price(Event::Fp32Div) * d.divs;
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
        {name + " dividers", Primitive::Fp32Divider, count * d.divs},
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
