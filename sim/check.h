// Compares every tensor that a run produces with a reference, while the run goes on: each layer of
// each step is compared as it arrives and then forgotten.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/report.h"
#include "sim/diff.h"
#include "sim/reference.h"
#include "sim/run.h"

namespace mambasic::sim {

class Check {
public:
    Check(traces::TraceInfo info, std::unique_ptr<Reference> reference, Distances distances);

    /// For RunOptions::on_output. An exception must not cross SystemC, which would lose its type:
    /// it is kept, and result() throws it.
    void on_output(const LayerOutput& output) noexcept;

    reports::CheckSection result() const;

private:
    void compare(const LayerOutput& output);
    void compare_tensor(const LayerOutput& output, const OutputTensor& got,
                        const traces::Tensor& want);
    TensorComparison& comparison_of(std::int32_t layer, const OutputTensor& tensor);

    const traces::TraceInfo info_;
    const std::unique_ptr<Reference> reference_;
    const Distances distances_;
    std::vector<TensorComparison> comparisons_;  // in order of first appearance
    std::map<std::string, std::size_t> places_;
    std::exception_ptr error_;
};

/// The chip's units that are not exact, as "exp: table"; empty where bits are those of golden.
std::vector<std::string> approximate_units(const ChipConfig& chip);

}  // namespace mambasic::sim
