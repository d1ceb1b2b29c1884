#include "tests/golden/primitives.h"

namespace mambasic::golden::wide {

#include "tests/golden/primitives.inc"

}  // namespace mambasic::golden::wide
