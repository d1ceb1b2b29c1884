// Words and numbers that the values of metadata are put together from.
#pragma once

#include <string>
#include <vector>

namespace mambasic::traces {

/// The parts between the separators, empty ones too; an empty text has none.
std::vector<std::string> split(const std::string& text, char separator);

/// Without an exponent; reads back as the same number.
std::string decimal(float value);
/// False for anything but a whole text that is a finite number.
bool read_decimal(const std::string& text, float& out);

}  // namespace mambasic::traces
