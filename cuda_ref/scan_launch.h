// The launches behind CudaDevice::scan_*; pointers are the GPU's.
#pragma once

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

constexpr unsigned kFewStates = 16;   // held in registers
constexpr unsigned kMaxStates = 256;  // upstream's limit (ssm.md 1.1)

void launch_scan_sequential(const ScanJob& job);
void launch_scan_cub(const ScanJob& job);
void launch_scan_decode(const ScanJob& job);

}  // namespace mambasic::cuda_ref
