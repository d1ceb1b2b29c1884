// mambasic completion: scripts for shells, and the names that they complete.
#include <iostream>

#include "sim/chip_config.h"
#include "sim/commands/completion.h"
#include "sim/commands/explain.h"
#include "sim/data_folders.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    options.add_options()("shell", po::value<std::string>(),
                          "bash or zsh: a script that the shell sources; chips, schemes, networks "
                          "or keys: the names that there are, one a line");
}

void print(const std::vector<std::string>& names) {
    for (const std::string& name : names) std::cout << name << "\n";
}

std::vector<std::string> keys() {
    std::vector<std::string> names;
    for (const models::KeyDoc& doc : explained_keys("", kUsualChip)) names.push_back(doc.path);
    return names;
}

int completion_command(const Arguments& arguments) {
    const std::string asked =
        arguments.choice("shell", {"bash", "zsh", "chips", "schemes", "networks", "keys"});
    if (asked == "bash") {
        std::cout << bash_completion(all_verbs());
    } else if (asked == "zsh") {
        std::cout << zsh_completion(all_verbs());
    } else if (asked == "keys") {
        print(keys());
    } else {
        print(
            names_in(data_folders(asked == "networks" ? "traces/networks" : "hw_config/" + asked)));
    }
    return kExitDone;
}

}  // namespace

Verb completion_verb() {
    return {"completion",
            "a script with which a shell completes verbs, options and names",
            "bash|zsh|chips|schemes|networks|keys",
            "mambasic completion bash",
            {"shell"},
            describe,
            completion_command};
}

}  // namespace mambasic::sim
