#include "models/common/stats.h"

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::models {

void BlockTime::account(TimeKind kind, Ticks until) {
    MAMBASIC_CHECK(until >= cursor_, "time runs backwards");
    ticks_[static_cast<std::size_t>(kind)] += until - cursor_;
    if (listener_ && until > cursor_) listener_(kind, cursor_, until);
    cursor_ = until;
}

void BlockTime::wait_ended(const Readiness& ready, Ticks now) {
    const Ticks known = std::max(cursor_, std::min(ready.added, now));
    const Ticks data = std::max(known, ready.data_ready);
    const Ticks first = std::min(std::max(known, ready.first_input), data);
    MAMBASIC_CHECK(now == std::max(data, ready.space_ready),
                   "a block did not start its task when it could");
    account(TimeKind::Idle, first);
    account(TimeKind::StalledInput, data);
    account(TimeKind::StalledOutput, now);
}

void BlockTime::busy_until(Ticks now) { account(TimeKind::Busy, now); }

void BlockTime::idle_until(Ticks end) { account(TimeKind::Idle, end); }

}  // namespace mambasic::models
