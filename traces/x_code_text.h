// How metadata and reports spell a code of the convolution's x: "int8", "dual4-skewed-overflow",
// "dual8-x4-sparse1" (FORMAT.md, "Metadata").
#pragma once

#include <string>
#include <vector>

#include "traces/x_code.h"

namespace mambasic::traces {

std::string spell(const XCode& code);

/// False where the text spells no code: an unknown word, a factor that is not above 1, a percentage
/// outside 1 to 100.
bool read_x_code(const std::string& text, XCode& out);

const char* name_of(XProjInput input);

/// One word for all layers, or, where they differ, "12 int8, 12 int5".
std::string spell_x_codes(const std::vector<XCode>& codes);

/// False where the text does not spell the codes of so many layers.
bool read_x_codes(const std::string& text, std::size_t layers, std::vector<XCode>& out);

}  // namespace mambasic::traces
