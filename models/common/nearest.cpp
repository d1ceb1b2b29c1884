#include "models/common/nearest.h"

#include <algorithm>

namespace mambasic::models {

std::size_t edit_distance(const std::string& a, const std::string& b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> d((a.size() + 1) * width);
    for (std::size_t i = 0; i <= a.size(); ++i) d[i * width] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            std::size_t best = std::min({d[(i - 1) * width + j] + 1, d[i * width + j - 1] + 1,
                                         d[(i - 1) * width + j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = std::min(best, d[(i - 2) * width + j - 2] + 1);
            }
            d[i * width + j] = best;
        }
    }
    return d.back();
}

std::string nearest(const std::string& word, const std::vector<std::string>& names) {
    // A user's word may be a whole file by accident; no valid name is near it.
    constexpr std::size_t kLongestName = 100;
    if (word.size() > kLongestName) return {};
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& name : names) {
        // Whoever wrote only the beginning meant it, however much is missing.
        constexpr std::size_t kShortestBeginning = 3;
        const bool beginning = word.size() >= kShortestBeginning && name.rfind(word, 0) == 0;
        const std::size_t distance = beginning ? 1 : edit_distance(word, name);
        if (distance < best_distance && distance < name.size()) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
    const std::string best = nearest(word, names);
    if (!best.empty()) return ", did you mean '" + best + "'?";
    if (names.empty()) return {};
    constexpr std::size_t kShown = 12;
    std::string text = "; valid are ";
    for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return names.size() > kShown ? text + ", ..." : text;
}

}  // namespace mambasic::models
