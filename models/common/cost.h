// What the cost files of all blocks share: SRAM traffic of a tile, parts of an area, and prices.
// Not modelled: wires between blocks, clock tree, clock gating, leakage of logic, registers between
// the stages of a pipeline.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/common/counts.h"
#include "models/common/technology.h"
#include "models/common/units.h"

namespace mambasic::models {

/// The order in which a block takes a tensor's elements: so many columns side by side down some
/// rows, then the next columns; so all of them several times.
struct SramWalk {
    std::uint64_t lanes = 0;  // columns side by side; 0: row by row
    std::uint64_t rows = 0;   // before the next columns come; 0: all of the tile
    std::uint64_t sweeps = 1;
};

/// Bytes that one tile moves through the ports of the two scratchpads. Weights lie in the order in
/// which they are read.
struct SramTraffic {
    std::uint64_t weight_read_bytes = 0;
    std::uint64_t activation_read_bytes = 0;
    std::uint64_t activation_write_bytes = 0;
    SramWalk read_walk{};
    SramWalk write_walk{};
    /// Adds bytes; who walks stays.
    SramTraffic& operator+=(const SramTraffic& other);
};

/// Bytes that one tile moves through its block's own store. The ledger adds them to
/// Event::State*Bytes; they are priced with byte_prices() of the store: GEMM accumulators, Hadamard
/// row buffer, SSM state store. Conv's history lies in the activation scratchpad (SramTraffic).
struct StoreTraffic {
    std::uint64_t read_bytes = 0;
    std::uint64_t write_bytes = 0;
};

struct LogicPart {
    std::string name;
    Primitive primitive = Primitive::RegisterBit;
    double count = 0;
};

struct MemoryPart {
    std::string name;
    double banks = 0;
    double kib_per_bank = 0;
    std::uint32_t ports = 1;
    std::uint32_t word_bits = 64;  // of one access to one bank
    bool shared = false;           // reached from everywhere: its accesses pay for wires across it
};

struct AreaParts {
    std::vector<LogicPart> logic;
    std::vector<MemoryPart> memory;
};

/// Too small for a macro.
bool is_flipflops(const MemoryCard& card, const MemoryPart& part);
/// Placed area of one part: cells over the utilization; SRAM macros as they are.
Banded area_mm2(const Technology& technology, const LogicPart& part);
Banded area_mm2(const Technology& technology, const MemoryPart& part);
Banded area_mm2(const Technology& technology, const AreaParts& parts);

/// Prices of a memory by its bank: pJ for a byte of an access to whole words.
/// Not modelled: words of which only a part is asked for.
struct BytePrices {
    Banded read_pj;
    Banded write_pj;
};
BytePrices byte_prices(const Technology& technology, const MemoryPart& part);
Banded leakage_mw(const Technology& technology, const MemoryPart& part);
/// Address to data of one bank.
Banded access_ns(const Technology& technology, const MemoryPart& part);

/// pJ for each event. Bytes cost nothing until the owner of a memory says what they cost there.
struct EventPrices {
    std::array<Banded, kEventCount> pj{};
    Banded& operator[](Event e) { return pj[static_cast<std::size_t>(e)]; }
    const Banded& operator[](Event e) const { return pj[static_cast<std::size_t>(e)]; }
};
Banded energy_pj(const EventPrices& prices, const Counts& counts);

}  // namespace mambasic::models
