// What Ctrl-C and kill leave behind: no file that was not whole.
#pragma once

namespace mambasic::sim {

/// From now on SIGINT, SIGTERM and SIGHUP, where nobody ignores them, remove unfinished files and
/// then end the program as they would have.
void remove_unfinished_files_at_signals();

}  // namespace mambasic::sim
