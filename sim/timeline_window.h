// Which part of a run a timeline shows: "all", a span of time as in "0:200us", or layers as in
// "layer:3" and "layer:3..5".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "models/common/scoreboard.h"

namespace mambasic::sim {

struct TimelineWindow {
    static constexpr std::uint64_t kOpen = std::numeric_limits<std::uint64_t>::max();
    struct Layers {
        std::uint32_t first = 0;  // numbered as in the model
        std::uint32_t last = 0;
    };

    std::uint64_t begin = 0;  // cycles
    std::uint64_t end = kOpen;
    std::optional<Layers> layers;  // then all time

    /// `period` is of the chip's clock. Throws models::UserError with what is wrong.
    static TimelineWindow parse(const std::string& text, models::Ticks period);
};

}  // namespace mambasic::sim
