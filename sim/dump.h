// Every tensor that a run makes, into a safetensors file under the trace.* keys that `check
// --against FILE` reads. In prefill a layer is written as it comes; in decode all is kept until the
// last step, because a tensor of the file spans the steps.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "sim/run.h"
#include "traces/writer.h"

namespace mambasic::sim {

class Dump {
public:
    /// `run`: run_info() of the trace, which says what the run makes.
    Dump(const traces::Trace& trace, traces::TraceInfo run, const std::string& path);

    void on_output(const LayerOutput& output);
    void finish();  // the file appears under its name

private:
    struct Gathered {
        std::vector<std::byte> bytes;
        std::uint64_t filled = 0;
    };
    void gather(const LayerOutput& output, const OutputTensor& tensor);
    void write_complete();

    const traces::TraceInfo info_;
    const std::vector<traces::Tensor> layout_;
    std::size_t next_ = 0;  // of layout_, to be written
    std::map<std::string, Gathered> gathered_;
    traces::SafetensorsWriter writer_;
};

}  // namespace mambasic::sim
