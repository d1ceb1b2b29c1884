#include "models/common/isa.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace mambasic::models {

namespace {

Isa widest() {
    if (isa_available(Isa::Avx512)) return Isa::Avx512;
    return isa_available(Isa::Avx2) ? Isa::Avx2 : Isa::Baseline;
}

// A name that is unknown or too wide for this CPU leaves the default: the variable is a debugging
// aid and bits do not depend on it.
Isa initial() {
    const char* wanted = std::getenv("MAMBASIC_ISA");
    if (wanted == nullptr) return widest();
    for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512}) {
        if (std::string(wanted) == name_of(isa) && isa_available(isa)) return isa;
    }
    return widest();
}

std::atomic<Isa>& current() {
    static std::atomic<Isa> isa{initial()};
    return isa;
}

}  // namespace

const char* name_of(Isa isa) {
    switch (isa) {
        case Isa::Avx2:
            return "avx2";
        case Isa::Avx512:
            return "avx512";
        case Isa::Baseline:
            break;
    }
    return "baseline";
}

bool isa_available(Isa isa) {
#if defined(MAMBASIC_WIDE_KERNELS)
    const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    if (isa == Isa::Avx2) return avx2;
    if (isa == Isa::Avx512) {
        return avx2 && __builtin_cpu_supports("avx512f") != 0 &&
               __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
               __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    }
#endif
    return isa == Isa::Baseline;
}

Isa active_isa() { return current().load(std::memory_order_relaxed); }

void use_isa(Isa isa) {
    if (!isa_available(isa)) {
        throw std::invalid_argument(std::string("this CPU or build has no ") + name_of(isa) +
                                    " kernels");
    }
    current().store(isa, std::memory_order_relaxed);
}

}  // namespace mambasic::models
