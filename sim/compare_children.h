// Work in processes of its own, several at once: SystemC allows one run a process. Children are
// forked, so they share what was read before; no thread may exist then, for a fork takes none of
// them along.
// Not modelled: nothing here decides a figure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/run.h"

namespace mambasic::sim {

struct ChildWork {
    std::string name;  // for messages: "scheme quamba2"
    /// Runs in the child; what it returns is handed back. It may tell how far it is.
    std::function<std::string(const std::function<void(const Progress&)>& tell)> work;
};

/// A signal that asks the program to end (Ctrl-C) came while children worked; they are dead.
struct Interrupted {
    int signal = 0;
};

struct ChildResult {
    std::string text;     // what the work returned
    std::string refused;  // why it could not, where its input is wrong; else empty
};

/// What became of each work, in the order given, whatever the order in which they ended. At most
/// `jobs` children at once; each has its share of the threads that OpenMP would give this process.
/// One whose input is wrong is no hindrance to others. Where the fault is ours or one was killed,
/// those after it are killed too, and the first such failure in the order given is thrown, its
/// message led by the work's name: InternalError, or UserError where memory may have run out.
/// Throws Interrupted. Whoever leaves early, and a parent that dies, takes the children along.
/// `on_progress` may be empty; its total is what all of them will do if each does what one does.
std::vector<ChildResult> run_children(const std::vector<ChildWork>& works, unsigned jobs,
                                      const std::function<void(const Progress&)>& on_progress);

}  // namespace mambasic::sim
