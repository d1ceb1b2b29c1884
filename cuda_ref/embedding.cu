// W8O16 embedding: row of the token, scaled in FP32, stored in FP16 (kernels.md 5).
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 256;

__global__ void embed_rows(EmbedJob job) {
    const std::uint64_t index = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (index >= job.rows * job.width) return;
    const auto token = static_cast<std::uint64_t>(job.tokens[index / job.width]);
    const float code = job.weight[token * job.width + index % job.width];
    job.out[index] = arith::to_half(arith::from_half(job.scales[token]) * code);
}

}  // namespace

void CudaDevice::embed(const EmbedJob& job) {
    Staging staging;
    EmbedJob on_gpu = job;
    on_gpu.tokens = staging.input(job.tokens, job.rows);
    on_gpu.weight = staging.input(job.weight, job.vocab * job.width);
    on_gpu.scales = staging.input(job.scales, job.vocab);
    on_gpu.out = staging.output(job.out, job.rows * job.width);
    launch(embed_rows, blocks_for(job.rows * job.width, kThreads), kThreads, on_gpu);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
