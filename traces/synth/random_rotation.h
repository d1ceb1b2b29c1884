// A random orthogonal matrix, for codes of x that are rotated by one (golden/spec/ssm.md 8.9).
#pragma once

#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"

namespace mambasic::traces::synth {

constexpr std::uint64_t kRotationSeed = 0;

/// FP16 [width][width], the same on every machine: Householder's QR, in double, of a matrix of
/// normal draws; Q's columns get the signs of R's diagonal, so that no orthogonal matrix is
/// preferred.
std::vector<arith::Half> random_rotation(std::uint32_t width, std::uint64_t seed = kRotationSeed);

}  // namespace mambasic::traces::synth
