#include "models/common/error.h"

#include <algorithm>
#include <utility>

namespace mambasic::models {

namespace {

std::string one_line(std::string text) {
    const auto control = [](unsigned char c) { return c < ' ' || c == 127; };
    std::replace_if(text.begin(), text.end(), control, '?');
    return text;
}

}  // namespace

UserError::UserError(std::string message) : std::runtime_error(one_line(std::move(message))) {}

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
    throw InternalError(std::string(file) + ":" + std::to_string(line) + ": " + message +
                        " (broken: " + condition + ")");
}

}  // namespace mambasic::models
