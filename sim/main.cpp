// The program: words in, exit status out. Nothing else decides an exit status or prints an error.
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <systemc>
#include <vector>

#include "models/common/error.h"
#include "sim/commands/verb.h"
#include "traces/error.h"

namespace {

using namespace mambasic;  // NOLINT(google-build-using-namespace): main only

int complain(const char* kind, const std::string& what, int status) {
    std::string line = what;
    for (char& c : line) c = c == '\n' ? ' ' : c;  // one line, whoever wrote it
    std::fprintf(stderr, "%s%s\n", kind, line.c_str());
    return status;
}

}  // namespace

std::vector<sim::Verb> sim::all_verbs() {
    std::vector<sim::Verb> all = {sim::run_verb(),    sim::compare_verb(),
                                  sim::check_verb(),  sim::calibrate_verb(),
                                  sim::scales_verb(), sim::four_modes_verb()};
    for (const sim::Verb& verb : sim::trace_verbs()) all.push_back(verb);
    all.push_back(sim::explain_verb());
    for (const sim::Verb& verb : {sim::schema_verb(), sim::completion_verb(), sim::manual_verb()}) {
        all.push_back(verb);
    }
    return all;
}

namespace {

// By default libgomp's threads spin between parallel regions; beside other work a run then takes
// ten times as long. It reads its environment before main(), so the program starts once more.
void let_idle_threads_sleep(char* argv[]) {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    ::setenv("OMP_WAIT_POLICY", "passive", 1);
    ::execv("/proc/self/exe", argv);  // where that fails, the run is only slower
}

}  // namespace

int sc_main(int argc, char* argv[]) {
    try {
        return sim::dispatch(sim::all_verbs(), {argv + 1, argv + argc});
    } catch (const models::UserError& e) {
        return complain("", e.what(), sim::kExitUserError);
    } catch (const traces::TraceError& e) {
        return complain("", e.what(), sim::kExitUserError);
    } catch (const std::exception& e) {
        return complain("internal error: ", e.what(), sim::kExitInternalError);
    }
}

// SystemC's own main() prints three lines on stderr first, which would spoil "one line".
int main(int argc, char* argv[]) {
    let_idle_threads_sleep(argv);
    ::setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
