#include "models/ssm/ssd.h"

#include <utility>

#include "models/ssm/ssd_cost.h"

namespace mambasic::models {

Ssd::Ssd(const sc_core::sc_module_name& name, const Parts& parts, const WorkerPorts& ports,
         bool numerics, Bind bind)
    : Worker(name, BlockId::Ssm, ports),
      config_(parts.config),
      nonlinear_(parts.nonlinear),
      scales_(parts.scales),
      numerics_(numerics),
      bind_(std::move(bind)) {}

TileWork Ssd::perform(const Task& task) {
    const SsdBound asked = bind_(task);
    const SsdTile& tile = asked.bound.tile;
    const Counts lookups = scales_.events(asked.lookups);
    TileWork result;
    result.prepare = asked.bound.prepare;
    if (numerics_) {
        result.compute = [this, tile, lookups] {
            Counts counts = ssd_compute(config_, nonlinear_, tile);
            counts += lookups;
            return counts;
        };
    }
    Work& work = result.work;
    work.counts = ssd_count(config_, tile.shape, tile.decode, tile.last_tile);
    work.counts += lookups;
    work.cycles = ssd_cycles(config_, nonlinear_, tile.shape).total();
    scales_.look_up(asked.lookups, work);
    work.sram = ssd_traffic(tile.shape);
    work.store =
        ssm_state_traffic(tile.shape.flat(), {tile.decode, task.region.token == 0, tile.last_tile});
    return result;
}

}  // namespace mambasic::models
