// The two ways a run ends early: the user's input is wrong, or we are.
#pragma once

#include <stdexcept>
#include <string>

namespace mambasic::models {

/// The user's input is wrong. One line, "file:line:col: what is wrong, the nearest valid choice";
/// main prints it and exits with 2.
class UserError : public std::runtime_error {
public:
    /// Control characters, which a quoted piece of the user's file may hold, become '?'.
    explicit UserError(std::string message);
};

/// A broken invariant of ours; main prints it and exits with 3.
class InternalError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* condition, const char* file, int line,
                             const std::string& message);

}  // namespace mambasic::models

/// Always on; keep it out of inner loops.
#define MAMBASIC_CHECK(condition, message)                                             \
    do {                                                                               \
        if (!(condition)) {                                                            \
            ::mambasic::models::fail_check(#condition, __FILE__, __LINE__, (message)); \
        }                                                                              \
    } while (false)
