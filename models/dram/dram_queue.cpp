#include "models/dram/dram_queue.h"

#include "models/common/error.h"

namespace mambasic::models {

DramQueue::DramQueue(std::uint32_t banks, std::uint32_t capacity)
    : slots_(capacity), lists_(banks) {
    for (std::uint32_t i = 0; i < capacity; ++i) {
        slots_[i].after = i + 1 < capacity ? static_cast<std::int32_t>(i + 1) : kNone;
    }
}

DramBurst& DramQueue::push(const DramBurst& burst) {
    MAMBASIC_CHECK(free_ != kNone, "a queue without room");
    const std::int32_t index = free_;
    Slot& added = slot(index);
    free_ = added.after;
    List& list = lists_[burst.target.bank];
    added.burst = burst;
    added.before = list.tail;
    added.after = kNone;
    (list.tail == kNone ? list.head : slot(list.tail).after) = index;
    list.tail = index;
    std::int32_t& first = burst.target.row == list.row ? list.hit : list.other;
    if (first == kNone) {
        first = index;
        mark(burst.target.bank);
    }
    ++size_;
    return added.burst;
}

DramBurst DramQueue::take(std::int32_t index) {
    Slot& taken = slot(index);
    List& list = lists_[taken.burst.target.bank];
    if (list.hit == index) list.hit = search(taken.after, list.row, true);
    if (list.other == index) list.other = search(taken.after, list.row, false);
    mark(taken.burst.target.bank);
    (taken.before == kNone ? list.head : slot(taken.before).after) = taken.after;
    (taken.after == kNone ? list.tail : slot(taken.after).before) = taken.before;
    taken.after = free_;
    free_ = index;
    --size_;
    return taken.burst;
}

void DramQueue::set_row(std::uint32_t bank, std::uint32_t row) {
    List& list = lists_[bank];
    list.row = row;
    list.hit = search(list.head, row, true);
    list.other = search(list.head, row, false);
    mark(bank);
}

void DramQueue::mark(std::uint32_t bank) {
    const std::uint64_t bit = std::uint64_t{1} << bank;
    const List& list = lists_[bank];
    hits_ = list.hit == kNone ? hits_ & ~bit : hits_ | bit;
    others_ = list.other == kNone ? others_ & ~bit : others_ | bit;
}

// The first from a slot on that wants the row, or does not.
std::int32_t DramQueue::search(std::int32_t from, std::uint32_t row, bool same) const {
    while (from != kNone && (at(from).target.row == row) != same) {
        from = slots_[static_cast<std::size_t>(from)].after;
    }
    return from;
}

}  // namespace mambasic::models
