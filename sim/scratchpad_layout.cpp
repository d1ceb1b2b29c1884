#include "sim/scratchpad_layout.h"

#include <algorithm>

namespace mambasic::sim {

using models::Op;
using models::Region;
using models::SramColumns;
using models::SramLayout;

namespace {

/// Columns [first, first + count) of a stream of `width`. Codes of x are packed: their share of the
/// row's bytes.
SramColumns columns(const Region& region, std::uint64_t row_bytes, std::uint64_t width,
                    std::uint64_t first, std::uint64_t count) {
    SramColumns c;
    c.rows = region.rows();
    c.pitch_bytes = row_bytes;
    c.first_byte = row_bytes * first / width;
    c.bytes = models::ceil_div(row_bytes * count, width);
    c.columns = count;
    return c;
}

bool comes_by_channel(const Workload& work, Stream stream) {
    return stream == Stream::U || stream == Stream::Z ||
           (stream == Stream::Dt && !work.dims.mamba2());
}

}  // namespace

SramLayout scratchpad_layout(const Workload& work, const ScheduleConfig& schedule,
                             const std::vector<OpSpec>& ops, std::uint32_t layer,
                             const models::Task& task) {
    SramLayout layout;
    layout.row_skew_banks = schedule.row_skew_banks;
    const auto spec =
        std::find_if(ops.begin(), ops.end(), [&task](const OpSpec& s) { return s.op == task.op; });
    if (spec == ops.end()) return layout;
    const Region& region = task.region;
    for (const Stream stream : spec->inputs) {
        const std::uint64_t row = bytes_per_row(work, stream, layer);
        if (row == 0) continue;
        if (task.op != Op::Scan) {
            const std::uint64_t width = is_x(stream) ? work.dims.d_inner : row;  // else int8
            layout.read.push_back(columns(region, row, width, 0, width));
        } else if (comes_by_channel(work, stream)) {
            layout.read.push_back(
                columns(region, row, work.dims.d_inner, region.channel, region.channels));
        }
    }
    for (const OpOutput& out : spec->outputs) {
        const std::uint64_t begin = std::max(out.begin, region.channel);
        const std::uint64_t end = std::min(out.end, region.channel + region.channels);
        const std::uint64_t row = bytes_per_row(work, out.stream, layer);
        if (begin >= end || row == 0) continue;
        const std::uint64_t width = out.end - out.begin;
        SramColumns part = columns(region, row, width, begin - out.begin, end - begin);
        // What leaves for DRAM at once lies by itself.
        if (schedule.fusion == Fusion::None) {
            part.first_byte = 0;
            part.pitch_bytes = part.bytes;
        }
        layout.written.push_back(part);
    }
    return layout;
}

}  // namespace mambasic::sim
