#include "traces/expansion_cache.h"

#include <algorithm>
#include <utility>

namespace mambasic::traces {

std::shared_ptr<const Expanded> ExpansionCache::get(const std::string& key,
                                                    const std::function<Expanded()>& make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto kept = std::find_if(entries_.begin(), entries_.end(),
                                   [&key](const Entry& entry) { return entry.key == key; });
    if (kept != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, kept);
        return kept->value;
    }
    auto value = std::make_shared<const Expanded>(make());
    const std::uint64_t bytes = value->weight.size() + value->column.size() * sizeof(float);
    if (bytes > most_bytes_) return value;
    while (bytes_ + bytes > most_bytes_) {
        bytes_ -= entries_.back().bytes;
        entries_.pop_back();
    }
    entries_.push_front({key, value, bytes});
    bytes_ += bytes;
    return value;
}

}  // namespace mambasic::traces
