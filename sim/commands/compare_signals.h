// What ends a verb whose work was done in children when a signal asks the program to end.
#pragma once

#include <functional>

namespace mambasic::sim {

/// What `work` returns. Where it is Interrupted (compare_children.h), the program ends as the
/// signal would have ended it, now that children and temporary files are gone.
int unless_interrupted(const std::function<int()>& work);

}  // namespace mambasic::sim
