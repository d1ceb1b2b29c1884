// What `trace info` and `trace validate` have to say, as data; the command prints it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "traces/trace.h"

namespace mambasic::traces {

/// Label and value, in the order to show them: the metadata, then sizes.
std::vector<std::pair<std::string, std::string>> describe(const Trace& trace);

struct ScaleRow {
    std::uint32_t layer = 0;  // in the model
    std::string name;         // the key behind "backbone.layers.{i}.", and which element
    double value = 0;
};

/// Every stored scale and factor of every layer, in file order; none in a shapes-only trace. Of
/// more than 128 in one tensor only the lowest and the highest.
std::vector<ScaleRow> scales(const Trace& trace);

/// open() checks everything but the hash. This reads the file to its end and throws TraceError
/// where the data is not what data_sha256 promises.
void require_intact(const Trace& trace);

/// Requires that, and returns remarks on what is allowed but unusual: scales that come from one
/// observer and differ, embedding scales <= 0.
std::vector<std::string> validate(const Trace& trace);

}  // namespace mambasic::traces
