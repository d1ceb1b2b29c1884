// The Hadamard unit as a block: one tile of rows in flight.
// Not modelled: two rows in the unit at a time.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/hadamard/hadamard_function.h"

namespace mambasic::models {

class Hadamard : public Worker {
public:
    /// What a task works on: shapes always, data only where numerics are on.
    using Bind = std::function<HadamardTile(const Task&)>;

    Hadamard(const sc_core::sc_module_name& name, const HadamardConfig& config,
             const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const HadamardConfig config_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
