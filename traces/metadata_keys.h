// Takes the keys of a file's __metadata__ one by one and remembers them, so that the rest are
// notes. Every value that does not parse is refused with its key.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "traces/error.h"
#include "traces/trace.h"

namespace mambasic::traces {

class MetadataKeys {
public:
    using Strings = std::map<std::string, std::string>;
    /// Both must outlive this.
    MetadataKeys(const std::string& path, const Strings& strings)
        : path_(path), strings_(strings) {}

    const std::string& text(const std::string& key);
    std::uint32_t natural(const std::string& key);
    float real(const std::string& key);
    bool flag(const std::string& key) {
        return choice<bool, 2>(key, {{{"true", true}, {"false", false}}});
    }
    GroupShape groups(const std::string& key, std::uint32_t ssd_groups);
    LayerGroups layer_groups(const std::string& key, std::uint32_t ssd_groups);

    // These may be missing.
    LayerObservers layer_observers(const std::string& key, std::uint32_t layers);
    std::vector<XCode> x_codes(const std::string& key, std::uint32_t layers);
    XProjInput x_proj_input(const std::string& key);

    template <typename Enum, std::size_t kCount>
    Enum choice(const std::string& key,
                const std::array<std::pair<const char*, Enum>, kCount>& choices) {
        const std::string& spelled = text(key);
        std::string known;
        for (const auto& [name, value] : choices) {
            if (spelled == name) return value;
            known += (known.empty() ? "" : ", ") + std::string(name);
        }
        throw error_in_metadata(path_, key, "'" + spelled + "' is not one of " + known);
    }

    Strings rest() const;

private:
    const std::string& path_;
    const Strings& strings_;
    std::set<std::string> used_;
};

}  // namespace mambasic::traces
