#include <iostream>

#include "cuda_ref/build_info.h"
#include "cuda_ref/command.h"
#include "cuda_ref/cuda_device.h"

int main(int argc, char** argv) {
    using namespace mambasic::cuda_ref;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto open_device = [] { return std::make_unique<CudaDevice>(); };
    return run_command(arguments, open_device, build_info(), std::cout, std::cerr);
}
