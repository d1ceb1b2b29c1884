// Where a block's time went. Every tick is one of four kinds, and they sum to the total.
#pragma once

#include "models/common/scoreboard.h"

namespace mambasic::models {

class BlockTime {
public:
    /// Accounts the wait that ends now, when the task starts: idle while nothing it needs was on
    /// its way, stalled on input from then until all was there, stalled on output while it waited
    /// for space after that.
    void wait_ended(const Readiness& ready, Ticks now);
    void busy_until(Ticks now);
    void idle_until(Ticks end);

    Ticks busy() const { return busy_; }
    Ticks stalled_input() const { return stalled_input_; }
    Ticks stalled_output() const { return stalled_output_; }
    Ticks idle() const { return idle_; }
    Ticks total() const { return cursor_; }

private:
    void account(Ticks& kind, Ticks until);

    Ticks cursor_ = 0;  // accounted so far
    Ticks busy_ = 0;
    Ticks stalled_input_ = 0;
    Ticks stalled_output_ = 0;
    Ticks idle_ = 0;
};

}  // namespace mambasic::models
