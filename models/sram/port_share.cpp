#include "models/sram/port_share.h"

#include <algorithm>
#include <cmath>

namespace mambasic::models {

void PortShare::forget(double now) {
    const auto over = [now](const Span& span) { return span.end <= now; };
    spans_.erase(spans_.begin(), std::find_if_not(spans_.begin(), spans_.end(), over));
    begin_ = now;
}

// So that a span ends there, if there is one around it.
void PortShare::split(double at) {
    double begin = begin_;
    for (auto span = spans_.begin(); span != spans_.end(); ++span) {
        if (begin < at && at < span->end) {
            spans_.insert(span, {at, span->free});
            return;
        }
        begin = span->end;
    }
}

PortShare::Ticks PortShare::reserve(Ticks now, Ticks duration, Ticks needed) {
    constexpr double kFull = 1e-9;  // what rounding leaves of a port that is taken
    const auto start = static_cast<double>(now);
    const Ticks unhindered = now + duration;
    if (needed == 0) return unhindered;
    const double pace = static_cast<double>(needed) / static_cast<double>(duration);
    forget(start);
    auto left = static_cast<double>(needed);
    double at = start;
    for (std::size_t i = 0; i < spans_.size() && left > 0; ++i) {
        const double share = std::min(pace, spans_[i].free);
        if (share > kFull && left < share * (spans_[i].end - at)) split(at + left / share);
        left -= share * (spans_[i].end - at);
        spans_[i].free -= share;
        at = spans_[i].end;
        if (left < kFull * static_cast<double>(needed)) left = 0;
    }
    if (left > 0) {
        at += left / pace;
        spans_.push_back({at, 1 - pace});
    }
    return std::max(unhindered, static_cast<Ticks>(std::llround(at)));
}

}  // namespace mambasic::models
