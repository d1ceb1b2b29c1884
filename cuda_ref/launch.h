// The few CUDA calls that the kernels need, with every error turned into a DeviceError.
// Kernels are launched through cudaLaunchKernelEx, which is ordinary C++: the tests compile the .cu
// files as they stand against an emulation of the CUDA runtime and run them without a GPU.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <string>
#include <vector>

#include "cuda_ref/device.h"

namespace mambasic::cuda_ref {

inline void check(cudaError_t status, const char* what) {
    if (status != cudaSuccess) {
        throw DeviceError(std::string("CUDA: ") + what + ": " + cudaGetErrorString(status));
    }
}

inline unsigned blocks_for(std::uint64_t items, unsigned per_block) {
    const std::uint64_t blocks = (items + per_block - 1) / per_block;
    if (blocks > 0x7FFFFFFFU) throw DeviceError("CUDA: the tensor needs more than 2^31 blocks");
    return static_cast<unsigned>(blocks);
}

template <typename... Expected, typename... Given>
void launch(void (*kernel)(Expected...), dim3 grid, unsigned threads, Given... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = dim3(threads);
    check(cudaLaunchKernelEx(&config, kernel, arguments...), "kernel launch");
}

/// GPU copies of one job's operands, freed with it.
class Staging {
public:
    Staging() = default;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging() {
        for (void* block : blocks_) cudaFree(block);
    }

    /// A copy of `count` elements; null stays null.
    template <typename T>
    T* input(const T* host, std::uint64_t count) {
        if (host == nullptr) return nullptr;
        T* copy = static_cast<T*>(allocate(count * sizeof(T)));
        check(cudaMemcpy(copy, host, count * sizeof(T), cudaMemcpyHostToDevice), "copy to GPU");
        return copy;
    }

    Codes input(const Codes& host, std::uint64_t rows) {
        return {input(host.data, (rows - 1) * host.stride + host.width), host.stride, host.width};
    }

    Values input(const Values& host, std::uint64_t rows) {
        return {input(host.data, (rows - 1) * host.stride + host.width), host.stride, host.width};
    }

    /// Room for `count` elements that finish() copies to `host`; null stays null.
    template <typename T>
    T* output(T* host, std::uint64_t count) {
        if (host == nullptr) return nullptr;
        T* room = static_cast<T*>(allocate(count * sizeof(T)));
        return_to(host, room, count);
        return room;
    }

    template <typename T>
    T* in_out(T* host, std::uint64_t count) {
        if (host == nullptr) return nullptr;
        T* copy = input(static_cast<const T*>(host), count);
        return_to(host, copy, count);
        return copy;
    }

    /// Room for `count` elements that one kernel leaves for another.
    template <typename T>
    T* scratch(std::uint64_t count) {
        return static_cast<T*>(allocate(count * sizeof(T)));
    }

    /// Waits for the kernels and brings its outputs home.
    void finish() {
        check(cudaDeviceSynchronize(), "kernel");
        for (const auto& copy_back : returns_) copy_back();
    }

private:
    void* allocate(std::uint64_t bytes) {
        void* block = nullptr;
        check(cudaMalloc(&block, bytes), "allocation");
        blocks_.push_back(block);
        return block;
    }

    template <typename T>
    void return_to(T* host, const T* gpu, std::uint64_t count) {
        returns_.push_back([=] {
            check(cudaMemcpy(host, gpu, count * sizeof(T), cudaMemcpyDeviceToHost), "copy back");
        });
    }

    std::vector<void*> blocks_;
    std::vector<std::function<void()>> returns_;
};

}  // namespace mambasic::cuda_ref
