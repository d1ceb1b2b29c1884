// How the metadata of a hybrid trace spells the groups of its layers: "12 one, 12 4x4", layers of
// one scale for all channels and of tables, in order.
#pragma once

#include <string>

#include "traces/trace.h"

namespace mambasic::traces {

std::string spell_layer_groups(const LayerGroups& groups);

/// False where the text does not spell groups for at most 1024 layers, which no network exceeds.
bool read_layer_groups(const std::string& text, std::uint32_t ssd_groups, LayerGroups& out);

/// Scheme and groups of a trace whose layers have these: hybrid only where they differ.
void set_layer_groups(const LayerGroups& groups, TraceInfo& info);

/// "4x8": of each SSD group.
bool read_groups(const std::string& text, GroupShape& out);

}  // namespace mambasic::traces
