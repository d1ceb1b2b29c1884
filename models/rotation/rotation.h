// The rotation unit as a block: one tile in flight, whichever way it turns.
// Not modelled: a row on its way back while another one goes out.
#pragma once

#include <functional>
#include <variant>

#include "models/common/worker.h"
#include "models/rotation/rotation_function.h"

namespace mambasic::models {

using RotationTile = std::variant<RotateTile, UnrotateTile>;

class Rotation : public Worker {
public:
    /// What a task works on: shapes always, data only where numerics are on.
    using Bind = std::function<RotationTile(const Task&)>;

    Rotation(const sc_core::sc_module_name& name, const RotationConfig& config,
             const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;
    TileWork rotate(const RotateTile& tile) const;
    TileWork unrotate(const UnrotateTile& tile) const;

    const RotationConfig config_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
