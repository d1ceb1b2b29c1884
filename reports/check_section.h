// What a check found, tensor by tensor: the `check` part of a report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mambasic::reports {

struct FirstDifference {
    std::uint64_t index = 0;        // flat, in the tensor's own row-major order
    std::vector<std::uint64_t> at;  // the same place, one index per dimension
    std::uint32_t step = 0;         // decode step; 0 in prefill
    std::string got, want;          // decimal
    std::string got_hex, want_hex;  // the element's bits
};

struct CheckTensor {
    std::string name;  // "layers.3.conv1d.output"; the number is the layer's in the model
    std::uint64_t elements = 0;
    std::uint64_t mismatches = 0;
    std::uint64_t max_ulp = 0;  // LSB for integers
    double max_abs = 0;
    std::optional<FirstDifference> first;
    // Only where bits differ on purpose: how far off, and how often.
    std::optional<double> sqnr_db;
    std::vector<std::uint64_t> histogram;  // elements off by 0, 1, 2, 3-4, 5-8, 9-16, ... ulp (LSB)
};

struct CheckSection {
    std::string against;  // "golden", "golden-chunked", "recorded" or the file
    std::uint64_t mismatches = 0;
    std::vector<CheckTensor> tensors;
    std::vector<std::string> departures;  // why bits differ on purpose: "exp: table"; usually empty
};

}  // namespace mambasic::reports
