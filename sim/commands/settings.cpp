#include "sim/commands/settings.h"

namespace mambasic::sim {

Settings::Settings(const Arguments& arguments) {
    for (const std::string& setting : arguments.list("set")) {
        (setting.rfind("scheme.", 0) == 0 ? scheme : chip).push_back(setting);
    }
}

}  // namespace mambasic::sim
