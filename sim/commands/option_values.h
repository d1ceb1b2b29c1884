// What an option's value may be, for a shell to complete it.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <string>
#include <vector>

#include "sim/commands/verb.h"

namespace mambasic::sim {

enum class ValueKind {
    Flag,  // takes none
    Free,  // a number, or a text that only its writer knows
    File,
    Chip,
    Scheme,
    Schemes,  // with commas between them
    Network,
    Setting,  // a key, '=' and a value
    Key,      // of a configuration, or a field
    Word,     // one of `words`
};

struct OptionValues {
    ValueKind kind = ValueKind::File;
    std::vector<std::string> words;
};

/// Most options mean the same in every verb.
OptionValues values_of(const Verb& verb, const boost::program_options::option_description& option);

}  // namespace mambasic::sim
