// Where a block's time went. Every tick is one of four kinds, and they sum to the total.
#pragma once

#include <array>
#include <functional>
#include <utility>

#include "models/common/scoreboard.h"

namespace mambasic::models {

enum class TimeKind : std::uint8_t { Busy, StalledInput, StalledOutput, Idle, kCount };
constexpr std::size_t kTimeKindCount = static_cast<std::size_t>(TimeKind::kCount);

class BlockTime {
public:
    using Listener = std::function<void(TimeKind, Ticks from, Ticks until)>;

    /// Hears of every span as it is accounted, in order and without gaps.
    void watch(Listener listener) { listener_ = std::move(listener); }

    /// Accounts the wait that ends now, when the task starts: idle while nothing it needs was on
    /// its way, stalled on input from then until all was there, stalled on output while it waited
    /// for space after that.
    void wait_ended(const Readiness& ready, Ticks now);
    void busy_until(Ticks now);
    void idle_until(Ticks end);

    Ticks busy() const { return of(TimeKind::Busy); }
    Ticks stalled_input() const { return of(TimeKind::StalledInput); }
    Ticks stalled_output() const { return of(TimeKind::StalledOutput); }
    Ticks idle() const { return of(TimeKind::Idle); }
    Ticks total() const { return cursor_; }

private:
    Ticks of(TimeKind kind) const { return ticks_[static_cast<std::size_t>(kind)]; }
    void account(TimeKind kind, Ticks until);

    Ticks cursor_ = 0;  // accounted so far
    std::array<Ticks, kTimeKindCount> ticks_{};
    Listener listener_;
};

}  // namespace mambasic::models
