// Comparisons that tests of their JSON, CSV and text share.
#pragma once

#include "reports/comparison.h"
#include "reports/report.h"

namespace mambasic::reports {

/// With two figures that the sample report lacks, because only a comparison reads them.
Report sample_run();

/// Two rows; the second has other figures than the first.
Comparison sample_comparison();
Comparison with_a_refusal();

}  // namespace mambasic::reports
