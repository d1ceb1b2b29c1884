#include "cuda_ref/cuda_device.h"

#include "cuda_ref/launch.h"

namespace mambasic::cuda_ref {

namespace {

std::string version_text(int version) {  // CUDA counts 1000 * major + 10 * minor
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

CudaDevice::CudaDevice() {
    int devices = 0;
    const cudaError_t status = cudaGetDeviceCount(&devices);
    if (status != cudaSuccess) {
        throw DeviceError(std::string("no usable CUDA GPU: ") + cudaGetErrorString(status));
    }
    if (devices == 0) throw DeviceError("no usable CUDA GPU: the driver reports none");
    check(cudaSetDevice(0), "selecting GPU 0");
}

DeviceInfo CudaDevice::info() const {
    cudaDeviceProp properties{};
    int driver = 0;
    int runtime = 0;
    check(cudaGetDeviceProperties(&properties, 0), "reading the GPU's properties");
    check(cudaDriverGetVersion(&driver), "reading the driver's version");
    check(cudaRuntimeGetVersion(&runtime), "reading the runtime's version");
    const std::string capability =
        std::to_string(properties.major) + std::to_string(properties.minor);
    return {std::string(properties.name) + ", sm_" + capability, version_text(driver),
            version_text(runtime)};
}

}  // namespace mambasic::cuda_ref
