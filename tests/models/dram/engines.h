// A load engine and a store engine in front of a memory.
#pragma once

#include "models/dma/dma.h"
#include "tests/models/bench_of_blocks.h"

namespace mambasic::models::test {

struct Engines {
    Program& program;
    Dma load;
    Dma store;

    Engines(Program& p, DramInterface& dram, const DmaConfig& dma,
            const Dma::Scratchpads& scratchpads = {})
        : program(p),
          load("load", Dma::Direction::Load, dma, p.dispatch, scratchpads),
          store("store", Dma::Direction::Store, dma, p.dispatch, scratchpads) {
        load.dram(dram);
        store.dram(dram);
    }
    void run() {
        sc_core::sc_start();
        program.dispatch.rethrow();
    }
};

}  // namespace mambasic::models::test
