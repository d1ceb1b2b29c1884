// The second table of a comparison: what each scheme's codes are worth, and the DRAM bytes that
// they take, so that a price for each decibel is one division away.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"

namespace mambasic::reports {

/// With its heading; empty where golden measured nothing.
std::string accuracy_text(const std::vector<ComparedScheme>& rows, bool colour);

}  // namespace mambasic::reports
