// Reports read the same on every machine, so what they quote names files without their folders.
#pragma once

#include <string>

#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// The text with the files of chip and trace without their folders.
std::string without_folders(std::string text, const ChipConfig& chip, const traces::Trace& trace);

/// Every `from` in the text becomes `to`.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace mambasic::sim
