// When a loop is worth more than one thread.
#pragma once

#include <cstddef>

namespace mambasic::traces::synth {

/// Below this many operations a parallel region costs more than it saves, and on a busy machine its
/// barrier waits for a thread that is not running.
constexpr std::size_t kWorthThreads = 1U << 18;

}  // namespace mambasic::traces::synth
