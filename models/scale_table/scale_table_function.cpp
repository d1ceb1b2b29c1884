#include "models/scale_table/scale_table_function.h"

#include <algorithm>

#include "models/common/units.h"
#include "models/scale_table/scale_table_search.h"

namespace mambasic::models {

using scale_table::kNone;
using scale_table::Port;
using scale_table::Position;
using scale_table::Search;

namespace {

constexpr std::uint64_t kScaleBytes = 4;

std::uint64_t state_row_words(const ScaleTableImage& image) {
    return ceil_div(image.shape.state_columns * kScaleBytes, image.word_bytes);
}

XColumns common(const XColumns& a, const XColumns& b) {
    return {a.int8 && b.int8, a.low && b.low, a.high && b.high, a.threshold && b.threshold};
}

/// One run through the table.
class Lookup {
public:
    Lookup(const ScaleTableImage& image, const LookupRun& run)
        : image_(image),
          run_(run),
          asked_(common(image.shape.x_columns, run.x_columns)),
          search_(image, run.by_head),
          scales_(image.word_bytes) {}

    /// Nothing is looked up of x where nobody wants its cell or a word of it.
    void find_x(std::uint32_t channel, std::uint32_t at, const LookupTargets& targets) {
        if (asked_.bits() == 0 && !run_.with_states) return;
        const std::uint32_t cell = find_cell(channel);
        if (targets.cells != nullptr) targets.cells[at] = cell == kNone ? 0 : cell;
        const bool direct = image_.shape.kind == LookupKind::Direct;
        deliver_x(direct ? channel : cell, at, targets);
    }

    /// B's and C's scales of the channel's SSD group, unless they are there already.
    void find_b_and_c(std::uint32_t channel, const LookupTargets& targets) {
        const ScaleTableShape& s = image_.shape;
        const std::uint32_t index = position(channel).group * s.bc_scales / s.ssd_groups;
        if (!run_.with_bc || s.bc_scales == 0 || index == bc_index_) return;
        bc_index_ = index;
        const std::uint32_t each = s.bc_channels / s.bc_scales;
        const std::uint32_t channel_of_b = s.x_channels() + index * each;
        const float b = bc_scale(channel_of_b);
        const float c = bc_scale(channel_of_b + s.bc_channels);
        if (targets.b != nullptr) targets.b[index] = b;
        if (targets.c != nullptr) targets.c[index] = c;
    }

    float bc_scale(std::uint32_t channel) {
        const ScaleTableShape& s = image_.shape;
        const std::uint32_t k = channel - s.x_channels();
        const std::uint32_t each = s.bc_channels / s.bc_scales;
        const auto x_scales = static_cast<std::uint32_t>(image_.scales.size()) - 2 * s.bc_scales;
        return deliver(x_scales + k / each);
    }

    LookupCounts counts() const {
        LookupCounts counts = counts_;
        counts.words = search_.words() + scales_.words();
        counts.comparisons = search_.comparisons();
        return counts;
    }

private:
    Position position(std::uint32_t channel) const {
        const ScaleTableShape& s = image_.shape;
        const std::uint32_t head = channel / s.head_dim;
        return {head / s.heads, head % s.heads, channel % s.head_dim};
    }

    float deliver(std::uint32_t index) {
        const LookupKind kind = image_.shape.kind;
        if (kind == LookupKind::Register) {
            counts_.lookups += index == register_ ? 0 : 1;
            register_ = index;
            return image_.scales[index];
        }
        ++counts_.lookups;
        // A search begins anew for every channel, and its reads take the word register.
        if (kind == LookupKind::Sequential || kind == LookupKind::Parallel) scales_.release();
        scales_.read(index * kScaleBytes);
        return image_.scales[index];
    }

    /// The cell, or kNone; of a flat table only where the states ask for it.
    std::uint32_t find_cell(std::uint32_t channel) {
        const ScaleTableShape& s = image_.shape;
        const Position at = position(channel);
        const bool direct = s.kind == LookupKind::Direct;
        std::uint32_t found = direct && image_.codes.empty() ? at.group * s.group_cells() : kNone;
        if (!direct) found = search_.cell(at);
        if (direct && run_.with_states && !image_.codes.empty()) found = search_.coded_cell(at);
        const bool stored = run_.with_states && s.kind != LookupKind::Register;
        if (stored && found != kNone && found != state_cell_) read_states(found);
        return found;
    }

    /// The words of a row that the run asks for. The first one of them is what a lookup delivers,
    /// the cell alone where it asks for none.
    void deliver_x(std::uint32_t row, std::uint32_t at, const LookupTargets& targets) {
        const bool held = image_.shape.kind == LookupKind::Register;
        if (row == kNone || asked_.bits() == 0) {
            counts_.lookups += held ? 0 : 1;
            if (targets.scales != nullptr) targets.scales[at] = 0.0F;
            return;
        }
        const XColumns& stored = image_.shape.x_columns;
        std::uint32_t index = row * stored.count();
        const std::uint64_t before = counts_.lookups;
        bool first = true;
        const auto column = [&](bool is_stored, bool is_asked, float* target) {
            if (is_asked) {
                const float scale = first ? deliver(index) : deliver_further(index, before);
                if (target != nullptr) target[at] = scale;
                first = false;
            }
            index += is_stored ? 1 : 0;
        };
        column(stored.int8, asked_.int8, targets.scales);
        column(stored.low, asked_.low, targets.low);
        column(stored.high, asked_.high, targets.high);
        column(stored.threshold, asked_.threshold, targets.threshold);
    }

    /// A register that holds its scales already gets none of them again.
    float deliver_further(std::uint32_t index, std::uint64_t lookups_before) {
        counts_.further_scales += counts_.lookups - lookups_before;
        if (image_.shape.kind != LookupKind::Register) scales_.read(index * kScaleBytes);
        return image_.scales[index];
    }

    void read_states(std::uint32_t cell) {
        state_cell_ = cell;
        counts_.state_words += state_row_words(image_);
    }

    const ScaleTableImage& image_;
    const LookupRun& run_;
    const XColumns asked_;
    Search search_;
    Port scales_;
    LookupCounts counts_;
    std::uint32_t register_ = kNone;
    std::uint32_t state_cell_ = kNone;
    std::uint32_t bc_index_ = kNone;
};

}  // namespace

LookupCounts& LookupCounts::operator+=(const LookupCounts& other) {
    lookups += other.lookups;
    words += other.words;
    state_words += other.state_words;
    comparisons += other.comparisons;
    further_scales += other.further_scales;
    return *this;
}

LookupCounts LookupCounts::operator*(std::uint64_t times) const {
    return {lookups * times, words * times, state_words * times, comparisons * times,
            further_scales * times};
}

Counts LookupCounts::events(const ScaleTableConfig& config) const {
    Counts counts;
    counts[Event::ScaleLookup] = lookups + further_scales;
    counts[Event::TableReadBytes] = words * config.word_bytes;
    counts[Event::TableStateBytes] = state_words * config.word_bytes;
    counts[Event::TableCompare] = comparisons;
    return counts;
}

LookupCounts scale_table_lookup(const ScaleTableImage& image, const LookupRun& run,
                                const LookupTargets& targets) {
    Lookup lookup(image, run);
    for (std::uint32_t i = 0; i < run.count; ++i) {
        const std::uint32_t channel = run.first + i;
        if (channel < image.shape.x_channels()) {
            lookup.find_b_and_c(channel, targets);
            lookup.find_x(channel, i, targets);
            continue;
        }
        const float scale = lookup.bc_scale(channel);
        if (targets.scales != nullptr) targets.scales[i] = scale;
    }
    return lookup.counts();
}

LookupDemand scale_table_demand(const ScaleTableConfig& config, const ScaleTableImage& image,
                                const LookupRun& run, const LookupPace& pace) {
    LookupRun first = run;
    LookupDemand demand;
    if (run.count == 0 || pace.steps == 0) return demand;
    first.count = 1;
    demand.first_channel = scale_table_lookup(image, first, {});
    first.with_bc = false;
    demand.first_lookup = scale_table_lookup(image, first, {});
    first.with_bc = run.with_bc;
    first.count = std::min(run.count, pace.lanes);
    demand.first_group = scale_table_lookup(image, first, {});
    demand.all = scale_table_lookup(image, run, {});
    demand.groups = (run.count + pace.lanes - 1) / pace.lanes;
    demand.group_steps = pace.steps;
    demand.by_head = run.by_head;
    demand.state_row_words = state_row_words(image);
    // The scan keeps its channels for all tokens in any case, a register its scale.
    if (config.loop_order == LoopOrder::TokenMajor && !run.by_head &&
        image.shape.kind != LookupKind::Register) {
        demand.all = demand.all * pace.steps;
        demand.groups *= pace.steps;
        demand.group_steps = 1;
    }
    return demand;
}

}  // namespace mambasic::models
