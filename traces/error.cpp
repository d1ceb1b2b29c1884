#include "traces/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mambasic::traces {

namespace {

// A hostile name may hold anything; one line must stay one line, and short.
std::string printable(const std::string& text) {
    constexpr std::size_t kLongest = 120;
    std::string out = text.substr(0, kLongest);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = '?';
    }
    return text.size() > kLongest ? out + "..." : out;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[b.size()];
}

}  // namespace

TraceError error_at_byte(const std::string& file, std::uint64_t byte, const std::string& what) {
    return TraceError(file + ": at byte " + std::to_string(byte) + ": " + printable(what));
}

TraceError error_in_tensor(const std::string& file, const std::string& name,
                           const std::string& what) {
    return TraceError(file + ": tensor '" + printable(name) + "': " + printable(what));
}

MetadataError::MetadataError(const std::string& file, std::string key, std::string reason)
    : TraceError(file + ": metadata '" + key + "': " + reason),
      key_(std::move(key)),
      reason_(std::move(reason)) {}

MetadataError error_in_metadata(const std::string& file, const std::string& key,
                                const std::string& what) {
    return {file, printable(key), printable(what)};
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
    const std::string shortened = word.substr(0, 200);  // distance costs the product of lengths
    std::string best;
    std::size_t best_distance = 0;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(shortened, candidate);
        if (best.empty() || distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace mambasic::traces
