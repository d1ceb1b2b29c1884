#include "models/rotation/rotation.h"

#include <utility>

#include "models/rotation/rotation_cost.h"

namespace mambasic::models {

Rotation::Rotation(const sc_core::sc_module_name& name, const RotationConfig& config,
                   const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Rotation, ports),
      config_(config),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Rotation::rotate(const RotateTile& tile) const {
    TileWork result;
    if (numerics_) result.compute = [this, tile] { return rotate_compute(config_, tile); };
    result.work.counts = rotate_count(config_, tile.shape);
    result.work.cycles = rotate_cycles(config_, tile.shape);
    result.work.sram = rotate_traffic(config_, tile.shape);
    result.work.store = rotate_buffer_traffic(tile.shape);
    return result;
}

TileWork Rotation::unrotate(const UnrotateTile& tile) const {
    TileWork result;
    if (numerics_) result.compute = [this, tile] { return unrotate_compute(config_, tile); };
    result.work.counts = unrotate_count(config_, tile.shape);
    result.work.cycles = unrotate_cycles(config_, tile.shape);
    result.work.sram = unrotate_traffic(config_, tile.shape);
    result.work.store = unrotate_buffer_traffic(tile.shape);
    return result;
}

TileWork Rotation::perform(const Task& task) {
    const RotationTile tile = bind_(task);
    if (const auto* out = std::get_if<RotateTile>(&tile)) return rotate(*out);
    return unrotate(std::get<UnrotateTile>(tile));
}

}  // namespace mambasic::models
