// mambasic_rung2: golden against the GPU of this machine, or against what one recorded.
// Exit status: 0 equal, 1 different, 2 wrong input, 77 no GPU (ctest: skipped).
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cuda_ref/cuda_device.h"
#include "tests/cuda_ref/rung2.h"

namespace {

using namespace mambasic;
using namespace mambasic::cuda_ref;

constexpr int kNoGpu = 77;

int on_this_gpu() {
    std::unique_ptr<CudaDevice> device;
    try {
        device = std::make_unique<CudaDevice>();
    } catch (const DeviceError& error) {
        std::cerr << "mambasic_rung2: " << error.what() << '\n';
        return kNoGpu;
    }
    const auto scratch = std::filesystem::temp_directory_path() /
                         ("mambasic_rung2_" + std::to_string(getpid()) + ".safetensors");
    const auto cases = rung2_cases({1, 33, 127, 128, 129, 512, 1000, 2049});
    return run_cases(cases, *device, scratch.string(), std::cout) ? 0 : 1;
}

int against_file(const std::string& trace_path, const std::string& reference) {
    const traces::Trace trace = traces::Trace::open(trace_path);
    const std::vector<Difference> differences = compare_file(trace, reference);
    print_table(std::cout, reference + " against golden:", differences);
    return total_mismatches(differences) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc == 1) return on_this_gpu();
        if (argc == 3) return against_file(argv[1], argv[2]);
        std::cerr << "usage: mambasic_rung2              golden against this machine's GPU\n"
                     "       mambasic_rung2 TRACE REF    golden against a recorded reference\n";
    } catch (const std::exception& error) {
        std::cerr << "mambasic_rung2: " << error.what() << '\n';
    }
    return 2;
}
