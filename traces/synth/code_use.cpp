#include "traces/synth/code_use.h"

#include <algorithm>

namespace mambasic::traces::synth {

void CodeUse::add(int code, bool held) {
    add({1, held && code < 0 ? 1U : 0U, held && code >= 0 ? 1U : 0U, code, code});
}

void CodeUse::add(const CodeUse& other) {
    if (other.elements == 0) return;
    least = elements == 0 ? other.least : std::min(least, other.least);
    greatest = elements == 0 ? other.greatest : std::max(greatest, other.greatest);
    elements += other.elements;
    below += other.below;
    above += other.above;
}

}  // namespace mambasic::traces::synth
