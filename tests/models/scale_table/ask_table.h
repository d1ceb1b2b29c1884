// Asks a stored table for a run of channels, for the tests of the scale table.
#pragma once

#include "models/scale_table/scale_table_function.h"

namespace mambasic::models::test {

constexpr LookupKind kKinds[] = {LookupKind::Sequential, LookupKind::Parallel, LookupKind::Direct,
                                 LookupKind::Code, LookupKind::RunLength};

struct Answer {
    std::vector<float> scales;
    std::vector<std::uint32_t> cells;
    LookupCounts counts;
};

inline Answer ask(const ScaleTableImage& image, const LookupRun& run) {
    Answer answer;
    answer.scales.resize(run.count);
    answer.cells.resize(run.count);
    answer.counts = scale_table_lookup(
        image, run, {answer.scales.data(), answer.cells.data(), nullptr, nullptr});
    return answer;
}

inline Answer ask_all(const ScaleTableImage& image) {
    return ask(image, {0, image.shape.channels()});
}

inline ScaleTableShape of_kind(ScaleTableShape shape, LookupKind kind) {
    shape.kind = kind;
    return shape;
}

}  // namespace mambasic::models::test
