#include "models/dram/dram_queue.h"

#include "models/common/error.h"

namespace mambasic::models {

DramQueue::DramQueue(std::uint32_t banks, std::uint32_t capacity)
    : slots_(capacity), lists_(banks) {
    for (std::uint32_t i = 0; i < capacity; ++i) {
        slots_[i].after = i + 1 < capacity ? static_cast<std::int32_t>(i + 1) : kNone;
    }
}

void DramQueue::push(const DramBurst& burst) {
    MAMBASIC_CHECK(free_ != kNone, "a queue without room");
    const std::int32_t index = free_;
    Slot& added = slot(index);
    free_ = added.after;
    List& list = lists_[burst.target.bank];
    added = {burst, list.tail, kNone};
    (list.tail == kNone ? list.head : slot(list.tail).after) = index;
    list.tail = index;
    std::int32_t& first = burst.target.row == list.row ? list.firsts.hit : list.firsts.other;
    if (first == kNone) first = index;
    waiting_ |= std::uint64_t{1} << burst.target.bank;
    ++size_;
}

DramBurst DramQueue::take(std::int32_t index) {
    Slot& taken = slot(index);
    List& list = lists_[taken.burst.target.bank];
    if (list.firsts.hit == index) list.firsts.hit = search(taken.after, list.row, true);
    if (list.firsts.other == index) list.firsts.other = search(taken.after, list.row, false);
    (taken.before == kNone ? list.head : slot(taken.before).after) = taken.after;
    (taken.after == kNone ? list.tail : slot(taken.after).before) = taken.before;
    if (list.head == kNone) waiting_ &= ~(std::uint64_t{1} << taken.burst.target.bank);
    taken.after = free_;
    free_ = index;
    --size_;
    return taken.burst;
}

// The first from a slot on that wants the row, or does not.
std::int32_t DramQueue::search(std::int32_t from, std::uint32_t row, bool same) const {
    while (from != kNone && (at(from).target.row == row) != same) {
        from = slots_[static_cast<std::size_t>(from)].after;
    }
    return from;
}

const DramQueue::Firsts& DramQueue::firsts(std::uint32_t bank, std::uint32_t row) {
    List& list = lists_[bank];
    if (list.row != row) {
        list.row = row;
        list.firsts = {search(list.head, row, true), search(list.head, row, false)};
    }
    return list.firsts;
}

}  // namespace mambasic::models
