#include "tests/golden/primitives.h"

namespace mambasic::golden::baseline {

#include "tests/golden/primitives.inc"

}  // namespace mambasic::golden::baseline
