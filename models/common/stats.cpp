#include "models/common/stats.h"

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::models {

void BlockTime::account(Ticks& kind, Ticks until) {
    MAMBASIC_CHECK(until >= cursor_, "time runs backwards");
    kind += until - cursor_;
    cursor_ = until;
}

void BlockTime::wait_ended(const Readiness& ready, Ticks now) {
    const Ticks known = std::max(cursor_, std::min(ready.added, now));
    const Ticks data = std::max(known, ready.data_ready);
    const Ticks first = std::min(std::max(known, ready.first_input), data);
    MAMBASIC_CHECK(now == std::max(data, ready.space_ready),
                   "a block did not start its task when it could");
    account(idle_, first);
    account(stalled_input_, data);
    account(stalled_output_, now);
}

void BlockTime::busy_until(Ticks now) { account(busy_, now); }

void BlockTime::idle_until(Ticks end) { account(idle_, end); }

}  // namespace mambasic::models
