// How the activations of a task lie in the scratchpad: every stream is a tensor of its own, row by
// row. Only what blocks may walk down by columns (models/sram/sram_cost.cpp): operands of linears
// and of the convolution, their outputs, and those of a scan that come by channel.
// Not modelled: B, C and Mamba2's dt, of which a scan takes whole rows or a few bytes; the head.
#pragma once

#include <vector>

#include "models/common/task.h"
#include "models/sram/sram_layout.h"
#include "sim/chip_config.h"
#include "sim/layer_ops.h"

namespace mambasic::sim {

/// `ops`: of the task's layer of the run. Empty for an op that is none of them.
models::SramLayout scratchpad_layout(const Workload& work, const ScheduleConfig& schedule,
                                     const std::vector<OpSpec>& ops, std::uint32_t layer,
                                     const models::Task& task);

}  // namespace mambasic::sim
