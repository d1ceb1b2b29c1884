// Which instruction set the hot kernels use. They are compiled once per width from the same source
// and give the same bits (tests/models/isa_function_test); only their speed differs.
#pragma once

#include <cstdint>

namespace mambasic::models {

enum class Isa : std::uint8_t {
    Baseline,  // what the compiler targets by default: SSE2 on x86-64, NEON on arm64
    Avx2,      // AVX2 + FMA
    Avx512,    // AVX-512 F, BW, CD, DQ, VL
};

/// "baseline", "avx2", "avx512".
const char* name_of(Isa isa);

/// True when this build has kernels for the set and this CPU can run them.
bool isa_available(Isa isa);

/// The one in use: the widest available, unless the environment variable MAMBASIC_ISA names a
/// narrower one or use_isa() said otherwise.
Isa active_isa();

/// Throws std::invalid_argument if it is not available. For tests; not while a kernel runs.
void use_isa(Isa isa);

/// The kernels of one block, built for every width.
template <typename Kernels>
struct KernelSet {
    const Kernels* by_isa[3];
    const Kernels& active() const { return *by_isa[static_cast<int>(active_isa())]; }
};

}  // namespace mambasic::models

// Declares the kernel table `name` of each width, and name_set() that chooses among them.
#if defined(MAMBASIC_WIDE_KERNELS)
#define MAMBASIC_KERNEL_SET(Type, name)                                                 \
    namespace baseline {                                                                \
    extern const Type name;                                                             \
    }                                                                                   \
    namespace avx2 {                                                                    \
    extern const Type name;                                                             \
    }                                                                                   \
    namespace avx512 {                                                                  \
    extern const Type name;                                                             \
    }                                                                                   \
    static const Type& active_##name() {                                                \
        return KernelSet<Type>{{&baseline::name, &avx2::name, &avx512::name}}.active(); \
    }
#else
#define MAMBASIC_KERNEL_SET(Type, name)                                                       \
    namespace baseline {                                                                      \
    extern const Type name;                                                                   \
    }                                                                                         \
    static const Type& active_##name() {                                                      \
        return KernelSet<Type>{{&baseline::name, &baseline::name, &baseline::name}}.active(); \
    }
#endif
