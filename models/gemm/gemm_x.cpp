#include "models/gemm/gemm_x.h"

#include "models/common/scratch.h"
#include "models/x_code/x_layout.h"

namespace mambasic::models {

namespace {

void stage_codes(const XInput& in, std::uint64_t k, std::uint64_t row, std::int8_t* flags,
                 StagedX& staged) {
    std::int8_t* x = staged.x.data() + row * k;
    x_codes_of_row(in, k, row, x, flags);
    if (staged.flagged.empty()) return;
    std::int8_t* flagged = staged.flagged.data() + row * k;
    for (std::uint64_t c = 0; c < k; ++c) {
        flagged[c] = flags[c] != 0 ? x[c] : std::int8_t{0};
        x[c] = flags[c] != 0 ? std::int8_t{0} : x[c];
    }
}

}  // namespace

StagedX stage_x(const GemmTile& tile) {
    const XUse& use = tile.x_in.use;
    const GemmShape& shape = tile.shape;
    StagedX staged;
    staged.x.resize(shape.m * shape.k);
    if (use.requantized()) {
        x_requantize(tile.x_in, shape.k, shape.m, staged.x.data());
        return staged;
    }
    if (use.code.dual()) staged.flagged.resize(shape.m * shape.k);
    const auto rows = static_cast<std::int64_t>(shape.m);
#pragma omp parallel if (shape.m * shape.k >= kXParallelElements)
    {
        ScratchOf<std::int8_t> flags(shape.k);
#pragma omp for schedule(static)
        for (std::int64_t row = 0; row < rows; ++row) {
            stage_codes(tile.x_in, shape.k, static_cast<std::uint64_t>(row), flags.data(), staged);
        }
    }
    return staged;
}

}  // namespace mambasic::models
