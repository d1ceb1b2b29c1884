// A report with a different figure in every field, so that a test sees a field go astray.
#pragma once

#include "reports/report.h"

namespace mambasic::reports {

QualitySection sample_quality();
Report sample_report();
CheckSection sample_check();

}  // namespace mambasic::reports
