// The report as people read it on a terminal: headline figures with their bands, then tables.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mambasic::reports {

struct TextOptions {
    bool colour = false;            // ANSI colours; only ever for a terminal
    std::vector<std::string> next;  // what the reader may want to do now, one line each
};

std::string to_text(const Report& report, const TextOptions& options);

/// "  with --set gemm.rows=8": what differs from the chip that is named; empty where nothing does.
std::string overrides_line(const Provenance& provenance);

std::string to_text(const QualitySection& quality, bool colour);

/// The check alone, as `mambasic check` shows it.
std::string to_text(const CheckSection& check, const TextOptions& options);

}  // namespace mambasic::reports
