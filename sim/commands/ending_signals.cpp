#include "sim/commands/ending_signals.h"

#include <csignal>
#include <initializer_list>

#include "traces/unfinished_file.h"

namespace mambasic::sim {

namespace {

extern "C" void end_at_signal(int signal) {
    traces::remove_unfinished_files();
    std::signal(signal, SIG_DFL);
    std::raise(signal);  // taken when this returns
}

}  // namespace

void remove_unfinished_files_at_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action {};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler != SIG_IGN) std::signal(signal, end_at_signal);
    }
}

}  // namespace mambasic::sim
