// Selective scan of a prompt in upstream's order (ssm.md 1.3): one block per channel of a sequence,
// a thread per run of tokens, one block scan per state. Numbers in comments are the steps there.
#include "cuda_ref/cub_tree.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/scan_element.cuh"
#include "cuda_ref/scan_launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kWarp = 32;
constexpr unsigned kMaxWarps = 4;

__device__ Step from_lane_below(Step step, unsigned distance) {
    return {__shfl_up_sync(0xFFFFFFFFU, step.a, distance),
            __shfl_up_sync(0xFFFFFFFFU, step.b, distance)};
}

/// 2: every lane composes with the one `distance` below, all at once, distance doubling.
__device__ Step warp_inclusive(Step step, unsigned lane) {
    for (unsigned distance = 1; distance < kWarp; distance *= 2) {
        const Step below = from_lane_below(step, distance);
        if (lane >= distance) step = compose(below, step);
    }
    return step;
}

/// 4: left fold over the warps' totals. `before` gets what precedes this warp.
__device__ Step fold_warps(const Step* totals, unsigned warps, unsigned warp, Step& before) {
    Step sum = totals[0];
    for (unsigned w = 1; w < warps; ++w) {
        if (w == warp) before = sum;
        sum = compose(sum, totals[w]);
    }
    return sum;
}

/// The state before this thread's first token; moves `carry` past the chunk.
__device__ float block_scan(Step thread_total, Step& carry, Step* warp_totals) {
    const unsigned lane = threadIdx.x % kWarp;
    const unsigned warp = threadIdx.x / kWarp;
    const Step inclusive = warp_inclusive(thread_total, lane);
    Step exclusive = from_lane_below(inclusive, 1);  // 3; lane 0 has nothing below
    if (lane == kWarp - 1) warp_totals[warp] = inclusive;
    __syncthreads();
    Step before = neutral_step();
    const Step total = fold_warps(warp_totals, blockDim.x / kWarp, warp, before);
    if (warp > 0) exclusive = lane == 0 ? before : compose(before, exclusive);  // 5
    const Step prefix = carry;
    const Step seed = threadIdx.x == 0 ? prefix : compose(prefix, exclusive);  // 6
    __syncthreads();  // everyone has read the carry and the totals
    if (threadIdx.x == 0) carry = compose(prefix, total);
    return seed.b;
}

template <unsigned Items>
struct Run {  // a thread's tokens in this chunk
    ScanToken token[Items];
    std::uint64_t row[Items];
    bool inside[Items];
};

template <unsigned Items>
__device__ void load_run(const ScanJob& job, const ScanChannel& channel, std::uint64_t chunk,
                         Run<Items>& run) {
    for (unsigned i = 0; i < Items; ++i) {
        const std::uint64_t t = chunk + std::uint64_t{threadIdx.x} * Items + i;
        run.inside[i] = t < job.tokens;
        run.row[i] = channel.sequence * job.tokens + (run.inside[i] ? t : 0);
        if (run.inside[i]) run.token[i] = scan_token(job, channel, run.row[i]);
    }
}

/// One state over the chunk. Tokens past the end change nothing.
template <unsigned Items>
__device__ void scan_state(const ScanJob& job, unsigned n, float rate, Run<Items>& run, Step& carry,
                           Step* warp_totals) {
    Step steps[Items];
    for (unsigned i = 0; i < Items; ++i) {
        steps[i] = neutral_step();
        if (!run.inside[i]) continue;
        steps[i].a = arith::exp(-(rate * run.token[i].dt));
        steps[i].b = run.token[i].du * read(job.b, job.b_scale, run.row[i], n);
    }
    const float before = block_scan(fold(steps), carry, warp_totals);  // 1
    rescan(steps, before);                                             // 7
    for (unsigned i = 0; i < Items; ++i) {
        if (!run.inside[i]) continue;
        const float c = read(job.c, job.c_scale, run.row[i], n);
        run.token[i].out = arith::fma(steps[i].b, c, run.token[i].out);
    }
}

template <unsigned Items>
__global__ void scan_channel_by_blocks(ScanJob job) {
    __shared__ Step warp_totals[kMaxWarps];
    __shared__ Step carry[kMaxStates];
    const ScanChannel channel = scan_channel(job, blockIdx.x);
    for (unsigned n = threadIdx.x; n < job.states; n += blockDim.x) carry[n] = neutral_step();
    __syncthreads();
    for (std::uint64_t chunk = 0; chunk < job.tokens; chunk += std::uint64_t{blockDim.x} * Items) {
        Run<Items> run;
        load_run(job, channel, chunk, run);
        for (unsigned n = 0; n < job.states; ++n) {
            scan_state(job, n, decay_rate(job, channel.index, n), run, carry[n], warp_totals);
        }
        for (unsigned i = 0; i < Items; ++i) {
            if (run.inside[i]) store_gated(job, channel, run.row[i], run.token[i].out);
        }
    }
    __syncthreads();
    for (unsigned n = threadIdx.x; n < job.states; n += blockDim.x) {
        const std::uint64_t index = std::uint64_t{blockIdx.x} * job.states + n;
        job.carry[index] = carry[n].b;  // the tree's state, not the last token's (ssm.md 1.3)
        job.state[index] = arith::quantize_rha(carry[n].b / state_scale(job, channel.index, n));
    }
}

}  // namespace

void launch_scan_cub(const ScanJob& job) {
    if (job.sum.tree_width != 0) {
        throw DeviceError("scan: order cub sums the states in sequence, not by trees of " +
                          std::to_string(job.sum.tree_width));
    }
    const ChunkShape shape = chunk_shape(job.tokens);
    const auto kernel = shape.items == 4   ? scan_channel_by_blocks<4>
                        : shape.items == 8 ? scan_channel_by_blocks<8>
                                           : scan_channel_by_blocks<16>;
    launch(kernel, blocks_for(job.batch * job.channels, 1), shape.threads, job);
}

}  // namespace mambasic::cuda_ref
