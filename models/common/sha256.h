// SHA-256 of a text, as 64 hexadecimal digits.
#pragma once

#include <string>

namespace mambasic::models {

std::string sha256(const std::string& text);

}  // namespace mambasic::models
