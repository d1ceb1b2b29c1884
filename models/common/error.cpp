#include "models/common/error.h"

namespace mambasic::models {

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
    throw InternalError(std::string(file) + ":" + std::to_string(line) + ": " + message +
                        " (broken: " + condition + ")");
}

}  // namespace mambasic::models
