// Time at a port that several blocks use at once. Who comes first keeps the pace it asked for; who
// comes later takes what is left, so a port never passes more than it can.
// Not modelled: conflicts of two blocks' addresses in a bank, what an arbiter would take from the
// first.
#pragma once

#include <cstdint>
#include <vector>

namespace mambasic::models {

class PortShare {
public:
    using Ticks = std::uint64_t;

    /// A task from `now` on needs the port for `needed` ticks in all, evenly over `duration`, which
    /// is not shorter. Returns when it has had them, `now + duration` or later.
    Ticks reserve(Ticks now, Ticks duration, Ticks needed);

private:
    struct Span {
        double end;   // in ticks
        double free;  // share of the port that nobody took
    };
    void forget(double now);
    void split(double at);

    double begin_ = 0;         // of the first span
    std::vector<Span> spans_;  // in order of time; behind the last one all is free
};

}  // namespace mambasic::models
