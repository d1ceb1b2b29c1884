// Rows of x on their way through the rotation unit, there and back.
#include "sim/tile_binding.h"
#include "sim/tile_shapes.h"

namespace mambasic::sim {

using models::RotateTile;
using models::RotationTile;
using models::Task;
using models::UnrotateTile;

const traces::XScales& TileBinding::x_scales(const Task& task) const {
    const Segment& s = segment(task);
    return work_.dims.mamba2() ? s.mamba2.x_scales : s.mamba1.x_scales;
}

RotationTile TileBinding::rotation(const Task& task) {
    const models::RotationShape shape = rotation_shape(work_.dims, x_use(task).code, task.region);
    const bool there = task.op == models::Op::Rotate;
    RotateTile rotate;
    UnrotateTile unrotate;
    rotate.shape = unrotate.shape = shape;
    if (tensors_ != nullptr) {
        SegmentTensors& t = tensors(task);
        const traces::XScales& scales = x_scales(task);
        const std::uint64_t at = first_row(task) * shape.width;
        rotate.matrix = unrotate.matrix = scales.rotation;
        rotate.scale = unrotate.scale = scales.low[0];
        rotate.x = t.values.data() + at;
        rotate.output = t.rotated.data() + at;
        unrotate.codes = t.rotated.data() + at;
        unrotate.output = t.unrotated.data() + at;
    }
    if (there) return rotate;
    return unrotate;
}

}  // namespace mambasic::sim
