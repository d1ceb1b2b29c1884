// The JSON schemas of what `--out` writes, as text in the program: `mambasic schema` prints them
// and `mambasic explain` takes the meaning of every field from them.
#pragma once

namespace mambasic::reports {

extern const char* const kReportSchema;      // reports/report.schema.json
extern const char* const kComparisonSchema;  // reports/compare.schema.json

}  // namespace mambasic::reports
