// The launch behind CudaDevice::linear of codes of two scales; pointers are the GPU's.
#pragma once

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

void launch_linear_rescaled(const LinearJob& job);

}  // namespace mambasic::cuda_ref
