#include "sim/commands/compare_signals.h"

#include <csignal>

#include "sim/commands/verb.h"
#include "sim/compare_children.h"

namespace mambasic::sim {

int unless_interrupted(const std::function<int()>& work) {
    try {
        return work();
    } catch (const Interrupted& interrupted) {
        std::signal(interrupted.signal, SIG_DFL);
        std::raise(interrupted.signal);
        return kExitUserError;
    }
}

}  // namespace mambasic::sim
