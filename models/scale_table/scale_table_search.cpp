#include "models/scale_table/scale_table_search.h"

namespace mambasic::models::scale_table {

namespace {

constexpr std::uint32_t kByteBits = 8;

std::uint32_t cell_index(const ScaleTableShape& s, std::uint32_t group, std::uint32_t head_group,
                         std::uint32_t dim_group) {
    if (head_group >= s.head_groups || dim_group >= s.dim_groups) return kNone;
    return (group * s.head_groups + head_group) * s.dim_groups + dim_group;
}

}  // namespace

void Port::read(std::uint64_t byte) {
    const std::uint64_t word = byte / word_bytes_;
    words_ += word == held_ ? 0 : 1;
    held_ = word;
}

Search::Search(const ScaleTableImage& image, bool by_head)
    : image_(image),
      by_head_(by_head),
      block_entries_(image.ranges.size() / image.shape.ssd_groups / image.range_bytes),
      ranges_(image.word_bytes),
      codes_(image.word_bytes) {}

Search::Ends Search::head_ends(std::uint32_t group) const {
    return {group * block_entries_, image_.shape.head_groups};
}

Search::Ends Search::row_ends(std::uint32_t group, std::uint32_t head_group) const {
    const ScaleTableShape& s = image_.shape;
    return {group * block_entries_ + s.head_groups + std::uint64_t{head_group} * s.dim_groups,
            s.dim_groups};
}

std::uint32_t Search::read_end(std::uint64_t entry) {
    const std::uint64_t byte = entry * image_.range_bytes;
    ranges_.read(byte);
    std::uint32_t end = 0;
    for (std::uint32_t i = 0; i < image_.range_bytes; ++i) {
        end |= static_cast<std::uint32_t>(image_.ranges[byte + i]) << (kByteBits * i);
    }
    return end;
}

// One end after the other, until one lies beyond the position.
std::uint32_t Search::walk(const Ends& ends, std::uint32_t position) {
    for (std::uint32_t i = 0; i < ends.count; ++i) {
        ++comparisons_;
        if (read_end(ends.first + i) > position) return i;
    }
    return kNone;
}

// All ends; where several lie beyond the position the first one is chosen.
std::uint32_t Search::compare_all(const Ends& ends, std::uint32_t position) {
    std::uint32_t chosen = kNone;
    for (std::uint32_t i = 0; i < ends.count; ++i) {
        ++comparisons_;
        const bool beyond = read_end(ends.first + i) > position;
        if (beyond && chosen == kNone) chosen = i;
    }
    return chosen;
}

// The scan asks for a head once; the conv's channels ask each for itself.
bool Search::head_known(const Position& at) {
    const bool known = by_head_ && at.group == group_ && at.head == head_;
    group_ = at.group;
    head_ = at.head;
    return known;
}

std::uint32_t Search::sequential(const Position& at) {
    ranges_.release();  // the word register held a scale since
    if (!head_known(at)) head_group_ = walk(head_ends(at.group), at.head);
    if (head_group_ == kNone) return kNone;
    return cell_index(image_.shape, at.group, head_group_,
                      walk(row_ends(at.group, head_group_), at.row));
}

// The dim ends of all head groups are compared while the head's are: one stage, no waiting.
std::uint32_t Search::parallel(const Position& at) {
    ranges_.release();
    if (!head_known(at)) head_group_ = compare_all(head_ends(at.group), at.head);
    std::uint32_t chosen = kNone;
    for (std::uint32_t i = 0; i < image_.shape.head_groups; ++i) {
        if (by_head_ && i != head_group_) continue;  // this head's row is all that is asked
        const std::uint32_t hit = compare_all(row_ends(at.group, i), at.row);
        if (i == head_group_) chosen = hit;
    }
    if (head_group_ == kNone) return kNone;
    return cell_index(image_.shape, at.group, head_group_, chosen);
}

void Search::load_row_end(std::uint32_t group) {
    if (head_group_ >= image_.shape.head_groups || dim_group_ >= image_.shape.dim_groups) return;
    row_end_ = read_end(row_ends(group, head_group_).first + dim_group_);
}

// The first channel of a run may lie anywhere: the pointer is set by a walk.
void Search::start_run(const Position& at) {
    started_ = true;
    head_group_ = walk(head_ends(at.group), at.head);
    if (head_group_ == kNone) return;
    head_end_ = read_end(head_ends(at.group).first + head_group_);
    dim_group_ = walk(row_ends(at.group, head_group_), at.row);
    load_row_end(at.group);
}

void Search::step_head(const Position& at) {
    const std::uint32_t before = head_group_;
    if (at.head == 0) {
        head_group_ = 0;
    } else if (head_group_ != kNone) {
        ++comparisons_;
        head_group_ += at.head == head_end_ ? 1 : 0;
    }
    if (head_group_ < image_.shape.head_groups && (at.head == 0 || head_group_ != before)) {
        head_end_ = read_end(head_ends(at.group).first + head_group_);
    }
    dim_group_ = 0;
    load_row_end(at.group);
}

std::uint32_t Search::run_length(const Position& at) {
    if (!started_) {
        start_run(at);
    } else if (at.row == 0) {
        step_head(at);
    } else if (dim_group_ != kNone) {
        ++comparisons_;
        if (at.row == row_end_) {
            ++dim_group_;
            load_row_end(at.group);
        }
    }
    if (head_group_ == kNone || dim_group_ == kNone) return kNone;
    return cell_index(image_.shape, at.group, head_group_, dim_group_);
}

std::uint32_t Search::coded_cell(const Position& at) {
    const ScaleTableShape& s = image_.shape;
    const std::uint64_t channel = (at.group * s.heads + at.head) * s.head_dim + at.row;
    const std::uint64_t bit = channel * image_.code_bits;
    codes_.read(bit / kByteBits);
    std::uint64_t code = 0;
    const std::uint64_t last = (bit + image_.code_bits - 1) / kByteBits;
    for (std::uint64_t byte = last + 1; byte-- > bit / kByteBits;) {
        code = code << kByteBits | image_.codes[byte];
    }
    code = code >> (bit % kByteBits) & ((1ULL << image_.code_bits) - 1);
    const std::uint32_t cells = s.group_cells();
    return code < cells ? at.group * cells + static_cast<std::uint32_t>(code) : kNone;
}

std::uint32_t Search::cell(const Position& at) {
    switch (image_.shape.kind) {
        case LookupKind::Sequential:
            return sequential(at);
        case LookupKind::Parallel:
            return parallel(at);
        case LookupKind::RunLength:
            return run_length(at);
        case LookupKind::Code:
            return coded_cell(at);
        default:
            return 0;
    }
}

}  // namespace mambasic::models::scale_table
