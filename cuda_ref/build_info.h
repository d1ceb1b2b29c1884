// How this binary was built; build_info.cmake writes the definition at build time.
#pragma once

#include "cuda_ref/recorder.h"

namespace mambasic::cuda_ref {

BuildInfo build_info();

}  // namespace mambasic::cuda_ref
