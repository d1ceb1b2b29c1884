#include "sim/commands/settings.h"

#include <iostream>

namespace mambasic::sim {

Settings::Settings(const Arguments& arguments) {
    for (const std::string& setting : arguments.list("set")) {
        (setting.rfind("scheme.", 0) == 0 ? scheme : chip).push_back(setting);
    }
}

Scheme load_scheme(const std::string& name_or_path, const std::vector<std::string>& settings) {
    Scheme scheme = Scheme::load(name_or_path, settings);
    if (scheme.left_out.empty()) return scheme;
    std::string keys;
    for (const std::string& key : scheme.left_out) keys += (keys.empty() ? "" : ", ") + key;
    std::cerr << "note: of " << scheme.file << ", what --set changes leaves out: " << keys << "\n";
    return scheme;
}

}  // namespace mambasic::sim
