// One line on a terminal that says how far long work is and when it will end. It is for people: a
// pipe sees nothing of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mambasic::sim {

/// "  37 %  12 s left"; without an estimate while nothing is done.
std::string progress_text(std::uint64_t done, std::uint64_t total, double elapsed_s);

class ProgressLine {
public:
    /// Shows on stderr, if `shown` and stderr is a terminal.
    ProgressLine(std::string what, bool shown);
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine();  // wipes the line

    void update(std::uint64_t done, std::uint64_t total);

private:
    using Clock = std::chrono::steady_clock;
    const std::string what_;
    const bool shown_;
    const Clock::time_point start_ = Clock::now();
    Clock::time_point next_ = start_ + std::chrono::milliseconds(500);  // short work shows nothing
    bool drawn_ = false;
};

}  // namespace mambasic::sim
