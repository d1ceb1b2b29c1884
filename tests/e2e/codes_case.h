// What the tests of the verbs about codes of the SSM input share.
#pragma once

#include <string>

#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {

bool has(const std::string& text, const std::string& part);

/// The trace that `mambasic calibrate more...` makes in the folder; expects that it succeeds in
/// silence.
std::string calibrated(const Folder& folder, const std::string& name, Words more);

/// What the program says on stderr; expects one line, and exit status 2.
std::string only_line(const Words& words);

}  // namespace mambasic::e2e
