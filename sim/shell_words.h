// Words of a command that an error or a note suggests: they mean the same when they are pasted.
#pragma once

#include <string>

#include "sim/scheme.h"

namespace mambasic::sim {

/// The word, quoted for a shell where it holds more than letters, digits and %+,-./:=@_.
std::string shell_word(const std::string& word);

/// A word that may be a path: an absolute one as seen from the current folder.
std::string path_word(const std::string& word);

/// "--scheme w4a5-se", or the path where no name finds the file; and the --set that changed it.
std::string scheme_words(const Scheme& scheme);

}  // namespace mambasic::sim
