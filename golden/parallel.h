// When a loop is worth a second thread. It never changes a result: every loop that is split writes
// elements that no other iteration touches.
#pragma once

#include <cstddef>

namespace mambasic::golden {

/// `operations` of the innermost loop; below about 0.1 ms of work waking threads costs more than
/// they save, above all on a busy machine.
constexpr bool worth_threads(std::size_t operations) {
    return operations >= (std::size_t{1} << 16);
}

}  // namespace mambasic::golden
