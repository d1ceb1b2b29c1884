#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

namespace {

NonlinearUnit take_unit(YamlMap map) {
    NonlinearUnit unit;
    unit.kind = map.take_enum<UnitKind>("kind",
                                        {{"exact", UnitKind::Exact},
                                         {"table", UnitKind::Table},
                                         {"polynomial", UnitKind::Polynomial}},
                                        "exact keeps the arithmetic contract's bits; table and "
                                        "polynomial leave it and report their error");
    unit.table_entries = map.take_u32("table_entries", 8, 65536, "count",
                                      "kind table: segments of first-order interpolation; a power "
                                      "of two");
    unit.polynomial_degree = map.take_u32("polynomial_degree", 2, 5, "count",
                                          "kind polynomial: degree after range reduction");
    unit.latency_cycles =
        map.take_u32("latency_cycles", 1, 100, "cycles", "operand to result; one result a cycle");
    map.finish();
    if ((unit.table_entries & (unit.table_entries - 1)) != 0) {
        map.reject("table_entries", "must be a power of two");
    }
    return unit;
}

}  // namespace

NonlinearConfig NonlinearConfig::parse(YamlMap map) {
    NonlinearConfig c;
    c.exp = take_unit(map.take_map("exp", "exponential units"));
    c.softplus = take_unit(map.take_map("softplus", "softplus units"));
    c.silu = take_unit(map.take_map("silu", "SiLU units"));
    c.rsqrt = take_unit(map.take_map("rsqrt", "reciprocal square root units"));
    map.finish();
    return c;
}

}  // namespace mambasic::models
