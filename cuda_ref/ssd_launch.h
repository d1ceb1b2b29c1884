// The chunked half of CudaDevice::ssd_prefill.
#pragma once

#include "cuda_ref/jobs.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

/// The job's pointers are the GPU's; what the steps leave for each other is in `staging`.
void launch_ssd_chunked(const SsdJob& job, Staging& staging);

}  // namespace mambasic::cuda_ref
