// What golden computes from a trace, by the keys of traces/FORMAT.md, and how another walk of the
// same trace differs from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "cuda_ref/options.h"
#include "traces/trace.h"

namespace mambasic::cuda_ref {

using Bytes = std::vector<std::byte>;
using NamedBytes = std::map<std::string, Bytes>;

NamedBytes golden_outputs(const traces::Trace& trace, const Options& options);

struct Difference {
    std::string tensor;
    std::uint64_t elements = 0;
    std::uint64_t mismatches = 0;  // elements whose bytes differ; all of them where golden has none
};

Difference compare(const NamedBytes& golden, const traces::Tensor& tensor);

std::uint64_t total_mismatches(const std::vector<Difference>& differences);

/// The table "tensor, elements, mismatches", one line each and a total.
void print_table(std::ostream& out, const std::string& title,
                 const std::vector<Difference>& differences);

}  // namespace mambasic::cuda_ref
