#include "sim/commands/settings.h"

#include <iostream>

namespace mambasic::sim {

Settings::Settings(const Arguments& arguments) {
    for (const std::string& setting : arguments.list("set")) {
        (setting.rfind("scheme.", 0) == 0 ? scheme : chip).push_back(setting);
    }
}

void tell_left_out(const Scheme& scheme) {
    if (scheme.left_out.empty()) return;
    std::string keys;
    for (const std::string& key : scheme.left_out) keys += (keys.empty() ? "" : ", ") + key;
    std::cerr << "note: of " << scheme.file << ", what --set changes leaves out: " << keys << "\n";
}

}  // namespace mambasic::sim
