// Bursts that wait for their command, oldest first, found by bank: the first that wants the bank's
// open row and the first that does not, without looking at the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "models/dram/dram_banks.h"

namespace mambasic::models {

/// How far the bursts of one request have come. The controllers of all channels write into it.
struct DramJob {
    std::uint64_t to_enter = 0;  // bursts that are in no queue yet
    std::uint64_t to_serve = 0;  // bursts without their read or write
    DramCycle entered = 0;       // the last burst's
    DramCycle served = 0;        // end of the last data
};

struct DramBurst {
    DramTarget target;
    bool write = false;
    bool counted = false;
    DramCycle arrived = 0;
    std::uint64_t order = 0;  // of arrival in its queue
    DramJob* job = nullptr;
};

class DramQueue {
public:
    static constexpr std::int32_t kNone = -1;

    DramQueue(std::uint32_t banks, std::uint32_t capacity);

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::size_t capacity() const { return slots_.size(); }
    bool full() const { return size_ == slots_.size(); }
    DramBurst& push(const DramBurst& burst);
    DramBurst take(std::int32_t slot);
    DramBurst& at(std::int32_t slot) { return slots_[static_cast<std::size_t>(slot)].burst; }
    const DramBurst& at(std::int32_t slot) const {
        return slots_[static_cast<std::size_t>(slot)].burst;
    }

    /// What the bank has open now; kClosedRow if nothing.
    void set_row(std::uint32_t bank, std::uint32_t row);
    /// Bit b: a burst waits for the row that bank b has open; for another than that, or it is shut.
    std::uint64_t hits() const { return hits_; }
    std::uint64_t others() const { return others_; }
    /// The oldest of them; kNone if the bank's bit is not set.
    std::int32_t hit(std::uint32_t bank) const { return lists_[bank].hit; }
    std::int32_t other(std::uint32_t bank) const { return lists_[bank].other; }

private:
    struct Slot {
        DramBurst burst;
        std::int32_t before = kNone, after = kNone;  // of the same bank; free ones are chained
    };
    struct List {
        std::int32_t head = kNone, tail = kNone;
        std::int32_t hit = kNone, other = kNone;
        std::uint32_t row = kClosedRow;
    };
    std::int32_t search(std::int32_t from, std::uint32_t row, bool same) const;
    void mark(std::uint32_t bank);
    Slot& slot(std::int32_t index) { return slots_[static_cast<std::size_t>(index)]; }

    std::vector<Slot> slots_;
    std::vector<List> lists_;  // by bank
    std::int32_t free_ = 0;
    std::size_t size_ = 0;
    std::uint64_t hits_ = 0, others_ = 0;
};

}  // namespace mambasic::models
