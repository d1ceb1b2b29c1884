// The units that evaluate exp, softplus, SiLU and 1/sqrt: how each is built.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

/// Exact: the arithmetic contract's bits. Table: first-order interpolation between table entries.
/// Polynomial: range reduction and a short polynomial in FP32. The last two leave the contract on
/// purpose and their error is reported.
enum class UnitKind { Exact, Table, Polynomial };

struct NonlinearUnit {
    UnitKind kind = UnitKind::Exact;
    std::uint32_t table_entries = 0;      // Table: power of two
    std::uint32_t polynomial_degree = 0;  // Polynomial: 2..5
    std::uint32_t latency_cycles = 0;
};

struct NonlinearConfig {
    NonlinearUnit exp;
    NonlinearUnit softplus;
    NonlinearUnit silu;
    NonlinearUnit rsqrt;
    static NonlinearConfig parse(YamlMap map);
};

}  // namespace mambasic::models
