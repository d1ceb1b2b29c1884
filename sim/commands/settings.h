// --set a.b=v: most keys are the chip's, those below `scheme.` the scheme's.
#pragma once

#include <string>
#include <vector>

#include "sim/commands/arguments.h"
#include "sim/scheme.h"

namespace mambasic::sim {

constexpr const char* kSetHelp =
    "a.b=v: change one key of the chip, or, as scheme.b=v, of the scheme; may be repeated";

struct Settings {
    explicit Settings(const Arguments& arguments);

    std::vector<std::string> chip;
    std::vector<std::string> scheme;  // "scheme.factor=8"
};

/// A note on stderr where the settings left keys of the scheme's file without a reader. For when
/// the work is done: a refusal is one line.
void tell_left_out(const Scheme& scheme);

}  // namespace mambasic::sim
