// Enough of CUDA, on the CPU, to run the .cu files as they stand: a block's threads are fibers that
// switch at barriers and shuffles. Blocks run one after the other.
//
// It proves indexing, orders and barriers: threads can run in either direction between barriers,
// and a kernel that relies on one of them gives other bits in the other. Not modelled: the GPU's
// own rounding, memory model, limits and speed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

// NOLINTBEGIN: these are CUDA's names
#define __global__
#define __device__
#define __constant__ static const
#define __shared__ static  // one block at a time

struct dim3 {
    unsigned x;
    unsigned y;
    unsigned z;
    dim3(unsigned x_size = 1, unsigned y_size = 1, unsigned z_size = 1)
        : x(x_size), y(y_size), z(z_size) {}
};

extern dim3 threadIdx;
extern dim3 blockIdx;
extern dim3 blockDim;

namespace emulation {

enum class Direction { Up, Down };  // which thread runs first between barriers
void set_direction(Direction direction);
void set_gpus(int count);

void run_grid(dim3 grid, dim3 block, const std::function<void()>& kernel);
std::uint32_t shuffle_up(std::uint32_t value, unsigned distance);

}  // namespace emulation

void __syncthreads();

inline float __shfl_up_sync(unsigned /*all lanes*/, float value, unsigned distance) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    bits = emulation::shuffle_up(bits, distance);
    std::memcpy(&value, &bits, sizeof(bits));
    return value;
}

inline int __dp4a(int a, int b, int sum) {
    for (int byte = 0; byte < 4; ++byte) {
        const auto x = static_cast<std::int8_t>(a >> (8 * byte));
        const auto y = static_cast<std::int8_t>(b >> (8 * byte));
        sum += x * y;
    }
    return sum;
}

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorNoDevice = 100 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };

struct cudaDeviceProp {
    char name[256];
    int major;
    int minor;
};

struct cudaLaunchConfig_t {
    dim3 gridDim;
    dim3 blockDim;
};

const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaMalloc(void** block, std::size_t bytes);
cudaError_t cudaFree(void* block);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaDeviceSynchronize();

template <typename... Expected, typename... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Expected...),
                               Given&&... arguments) {
    const bool valid = config->gridDim.x > 0 && config->gridDim.y > 0 &&
                       config->gridDim.y < 65536 && config->blockDim.x > 0 &&
                       config->blockDim.x <= 1024;
    if (!valid) return cudaErrorInvalidValue;
    emulation::run_grid(config->gridDim, config->blockDim, [&] { kernel(arguments...); });
    return cudaSuccess;
}
// NOLINTEND
