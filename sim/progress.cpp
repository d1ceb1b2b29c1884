#include "sim/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mambasic::sim {
namespace {

std::string duration(double seconds) {
    char text[40];
    const double whole = std::max(0.0, seconds);
    if (whole < 60) {
        std::snprintf(text, sizeof(text), "%.0f s", whole);
    } else if (whole < 3600) {
        std::snprintf(text, sizeof(text), "%.0f min", whole / 60);
    } else {
        std::snprintf(text, sizeof(text), "%.1f h", whole / 3600);
    }
    return text;
}

}  // namespace

std::string progress_text(std::uint64_t done, std::uint64_t total, double elapsed_s) {
    const double share =
        total == 0 ? 0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
    char text[64];
    std::snprintf(text, sizeof(text), "%3.0f %%", 100 * share);
    if (share == 0) return text;
    return text + ("  " + duration(elapsed_s / share - elapsed_s) + " left");
}

ProgressLine::ProgressLine(std::string what, bool shown)
    : what_(std::move(what)), shown_(shown && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::update(std::uint64_t done, std::uint64_t total) {
    if (!shown_) return;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    std::fprintf(stderr, "\r%s %s\x1b[K", what_.c_str(),
                 progress_text(done, total, elapsed).c_str());
    std::fflush(stderr);
    drawn_ = true;
}

}  // namespace mambasic::sim
