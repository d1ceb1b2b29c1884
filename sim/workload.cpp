#include "sim/workload.h"

#include "models/common/error.h"

namespace mambasic::sim {

LinearShape linear_shape(const traces::Dims& dims, models::Op op) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    switch (op) {
        case models::Op::InProj:
            return {2 * e, d};
        case models::Op::XProj:
            return {dims.x_proj_width(), e};
        case models::Op::DtProj:
            return {e, dims.dt_rank};
        case models::Op::OutProj:
            return {d, e};
        case models::Op::LmHead:
            return {dims.vocab, d};
        default:
            MAMBASIC_CHECK(false, std::string("not a linear: ") + models::name_of(op));
    }
}

}  // namespace mambasic::sim
