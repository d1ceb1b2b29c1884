#include <ucontext.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cuda_runtime.h"

dim3 threadIdx;
dim3 blockIdx;
dim3 blockDim;

namespace {

constexpr std::size_t kStackBytes = std::size_t{256} * 1024;
constexpr unsigned kWarp = 32;

enum class State { Ready, AtBlockBarrier, AtShuffle, Done };

struct Fiber {
    ucontext_t context{};
    std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackBytes);
    State state = State::Ready;
    unsigned shuffles = 0;
    std::exception_ptr failure;
};

struct Warp {
    std::array<std::array<std::uint32_t, kWarp>, 2> posted{};  // by the parity of the shuffle
};

emulation::Direction g_direction = emulation::Direction::Up;
int g_gpus = 1;
std::vector<std::unique_ptr<Fiber>> g_fibers;
std::vector<Warp> g_warps;
ucontext_t g_scheduler;
const std::function<void()>* g_kernel = nullptr;

Fiber& current() { return *g_fibers[threadIdx.x]; }

void wait_as(State state) {
    Fiber& fiber = current();
    fiber.state = state;
    swapcontext(&fiber.context, &g_scheduler);
}

void fiber_main() {
    try {
        (*g_kernel)();
    } catch (...) {
        current().failure = std::current_exception();
    }
    current().state = State::Done;  // returning goes on in the scheduler
}

void prepare(unsigned threads) {
    while (g_fibers.size() < threads) g_fibers.push_back(std::make_unique<Fiber>());
    g_warps.assign((threads + kWarp - 1) / kWarp, Warp{});
    for (unsigned i = 0; i < threads; ++i) {
        Fiber& fiber = *g_fibers[i];
        fiber.state = State::Ready;
        fiber.shuffles = 0;
        fiber.failure = nullptr;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = kStackBytes;
        fiber.context.uc_link = &g_scheduler;
        makecontext(&fiber.context, fiber_main, 0);
    }
}

void run_ready(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        const unsigned thread = g_direction == emulation::Direction::Up ? i : threads - 1 - i;
        Fiber& fiber = *g_fibers[thread];
        if (fiber.state != State::Ready) continue;
        threadIdx.x = thread;
        swapcontext(&g_scheduler, &fiber.context);
        if (fiber.failure) std::rethrow_exception(fiber.failure);
    }
}

bool all_in(unsigned first, unsigned end, State state) {
    for (unsigned i = first; i < end; ++i) {
        if (g_fibers[i]->state != state) return false;
    }
    return true;
}

void release(unsigned first, unsigned end) {
    for (unsigned i = first; i < end; ++i) g_fibers[i]->state = State::Ready;
}

/// False where nothing can go on: threads wait at different barriers, or for one that has left.
bool release_waiting(unsigned threads) {
    if (all_in(0, threads, State::AtBlockBarrier)) {
        release(0, threads);
        return true;
    }
    bool released = false;
    for (unsigned first = 0; first < threads; first += kWarp) {
        if (!all_in(first, first + kWarp, State::AtShuffle)) continue;
        release(first, first + kWarp);
        released = true;
    }
    return released;
}

void run_block(unsigned threads) {
    prepare(threads);
    for (;;) {
        run_ready(threads);
        if (all_in(0, threads, State::Done)) return;
        if (!release_waiting(threads)) {
            throw std::logic_error("emulated GPU: the threads of a block wait for each other");
        }
    }
}

}  // namespace

void __syncthreads() { wait_as(State::AtBlockBarrier); }

namespace emulation {

void set_direction(Direction direction) { g_direction = direction; }

void set_gpus(int count) { g_gpus = count; }

std::uint32_t shuffle_up(std::uint32_t value, unsigned distance) {
    const unsigned lane = threadIdx.x % kWarp;
    auto& posted = g_warps[threadIdx.x / kWarp].posted[current().shuffles++ % 2];
    posted[lane] = value;
    wait_as(State::AtShuffle);
    return lane < distance ? value : posted[lane - distance];
}

void run_grid(dim3 grid, dim3 block, const std::function<void()>& kernel) {
    if (block.x % kWarp != 0) throw std::logic_error("emulated GPU: a block of partial warps");
    g_kernel = &kernel;
    blockDim = block;
    for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) {
            blockIdx = dim3(x, y);
            run_block(block.x);
        }
    }
}

}  // namespace emulation

const char* cudaGetErrorString(cudaError_t error) {
    if (error == cudaErrorNoDevice) return "no CUDA-capable device is detected";
    return error == cudaSuccess ? "no error" : "invalid argument";
}

cudaError_t cudaGetDeviceCount(int* count) {
    *count = g_gpus;
    return g_gpus > 0 ? cudaSuccess : cudaErrorNoDevice;
}

cudaError_t cudaSetDevice(int device) {
    return device < g_gpus ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int /*device*/) {
    *properties = {"emulated GPU", 8, 0};
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
    *version = 13020;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = 12060;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void** block, std::size_t bytes) {
    *block = std::malloc(bytes);  // NOLINT: what cudaMalloc gives is raw, too
    if (*block == nullptr) return cudaErrorInvalidValue;
    std::memset(*block, 0xCD, bytes);  // nobody may rely on zeros
    return cudaSuccess;
}

cudaError_t cudaFree(void* block) {
    std::free(block);  // NOLINT
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind /*kind*/) {
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
