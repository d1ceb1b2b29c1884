#include "models/common/reduction.h"

#include <string>

#include "models/common/yaml_scalar.h"

namespace mambasic::models {

Reduction Reduction::take(YamlMap& map, const char* key, const char* what) {
    constexpr std::int64_t kWidest = 1024;
    const std::string text = map.take_text(key, what, "sequential | tree W, W = 2, 4, 8 .. 1024");
    if (text == "sequential") return {0};
    const std::string prefix = "tree ";
    if (text.rfind(prefix, 0) != 0) {
        map.reject(key, shown(text) + " is not an order; write 'sequential' or 'tree 8'");
    }
    const auto width = parse_integer(text.substr(prefix.size()));
    const bool valid = width.value && *width.value >= 2 && *width.value <= kWidest &&
                       (*width.value & (*width.value - 1)) == 0;
    if (!valid) map.reject(key, shown(text) + ": the width must be 2, 4, 8 .. 1024");
    return {static_cast<std::uint32_t>(*width.value)};
}

}  // namespace mambasic::models
