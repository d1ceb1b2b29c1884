// Keeps what was expanded last, up to a number of bytes; what goes lives on while someone holds it.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "traces/w4.h"

namespace mambasic::traces {

class ExpansionCache {
public:
    explicit ExpansionCache(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

    /// The expansion under `key`, made now unless it is kept. One that is larger than the whole
    /// cache is not kept.
    std::shared_ptr<const Expanded> get(const std::string& key,
                                        const std::function<Expanded()>& make);

private:
    struct Entry {
        std::string key;
        std::shared_ptr<const Expanded> value;
        std::uint64_t bytes = 0;
    };

    const std::uint64_t most_bytes_;
    std::mutex mutex_;          // held while one is made: whoever else wants it then finds it
    std::list<Entry> entries_;  // the last used first; a hundred at most, so a search is short
    std::uint64_t bytes_ = 0;
};

}  // namespace mambasic::traces
