// A network that the emulated GPU walks, against golden.
#pragma once

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include "cuda_ref/cuda_device.h"
#include "cuda_ref/recorder.h"
#include "tests/cuda_ref/golden_reference.h"
#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/temporary_file.h"

namespace mambasic::cuda_ref {

class Network : public testing::Test {
protected:
    void TearDown() override { emulation::set_direction(emulation::Direction::Up); }

    /// Walks the trace on the emulated GPU; expects every tensor to be golden's.
    void expect_golden(const traces::TraceInfo& info, const Options& options) {
        const TemporaryFile file("network.safetensors");
        const traces::Trace trace = random_trace(file.path(), info, 20 + info.tokens);
        const NamedBytes golden = golden_outputs(trace, options);
        std::size_t seen = 0;
        CudaDevice device;
        walk(trace, device, options, [&](const traces::Tensor& tensor) {
            const Difference difference = compare(golden, tensor);
            EXPECT_EQ(difference.mismatches, 0U)
                << tensor.name << ", " << info.tokens << " tokens, of " << difference.elements;
            ++seen;
        });
        EXPECT_EQ(seen, golden.size());
    }
};

inline Options with_order(ScanOrder order) {
    Options options;
    options.scan_order = order;
    return options;
}

inline Options in_chunks() {
    Options options;
    options.ssd_order = SsdOrder::Chunked;
    return options;
}

inline traces::TraceInfo four_bit(traces::TraceInfo info) {
    info.precision = "w4a8";
    return info;
}

}  // namespace mambasic::cuda_ref
