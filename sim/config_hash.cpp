#include "sim/config_hash.h"

#include <algorithm>

#include "models/common/sha256.h"

namespace mambasic::sim {

std::string hash_of(const std::vector<models::KeyDoc>& docs) {
    std::vector<std::string> lines;
    lines.reserve(docs.size());
    for (const models::KeyDoc& doc : docs) lines.push_back(doc.path + "=" + doc.value + "\n");
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line;
    return models::sha256(text);
}

}  // namespace mambasic::sim
