// What of a run a configuration key may change: the claim of `mambasic explain`, which
// tests/e2e/knob_test.cpp holds against what runs show.
#pragma once

#include <string>

namespace mambasic::sim {

/// The quantities ("cycles", "DRAM bytes", "energy", "area", "bits"), then where or when. More
/// cycles also mean more leakage energy, which is not said each time.
std::string effect_of(const std::string& key);

}  // namespace mambasic::sim
