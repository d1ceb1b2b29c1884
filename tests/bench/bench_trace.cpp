// The floor that `mambasic run` is measured against: the same arithmetic over the same trace as a
// bare loop. Whole sequences, no tiles, no SystemC, no schedule, no counts kept. Prefill only.
//
//   bench_trace TRACE
#include <cstdio>
#include <exception>

#include "tests/bench/bare_mamba1.h"
#include "tests/bench/bare_mamba2.h"

int main(int argc, char** argv) {
    using namespace mambasic;
    if (argc != 2) {
        std::fprintf(stderr, "bench_trace TRACE\n");
        return 2;
    }
    try {
        const traces::Trace trace = traces::Trace::open(argv[1]);
        if (trace.info().phase != traces::Phase::Prefill || trace.info().batch != 1) {
            std::fprintf(stderr, "bench_trace takes a prefill of one sequence\n");
            return 2;
        }
        if (trace.info().dims.mamba2()) {
            bench::BareMamba2(trace).run();
        } else {
            bench::BareMamba1(trace).run();
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
    return 0;
}
