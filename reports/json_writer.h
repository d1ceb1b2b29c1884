// report.json, schema "mambasic-report/1" (reports/report.schema.json): the same report gives the
// same bytes. Keys stand in a fixed order and doubles read back as the very number they were.
#pragma once

#include <string>

#include "reports/report.h"

namespace mambasic::reports {

constexpr const char* kReportSchemaName = "mambasic-report/1";

/// Throws std::logic_error on a figure that is not finite: JSON cannot hold it.
std::string to_json(const Report& report);

}  // namespace mambasic::reports
