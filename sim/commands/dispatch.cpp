#include <algorithm>
#include <iostream>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void show_overview(const std::vector<Verb>& verbs) {
    std::cout << "mambasic " << MAMBASIC_VERSION
              << ": what a Mamba accelerator computes, bit by bit, and what it costs.\n\n";
    for (const Verb& verb : verbs) {
        std::cout << "  mambasic " << verb.name << " " << verb.synopsis << "\n      "
                  << verb.summary << "\n      e.g. " << verb.example << "\n";
    }
    std::cout
        << "\nmambasic VERB --help tells every option. Exit status: 0 done and equal, 1 a check "
           "found a\ndifference, 2 the input is wrong, 3 internal error.\n";
}

po::options_description options_of(const Verb& verb) {
    po::options_description options("Options", 100);
    verb.describe(options);
    options.add_options()("help,h", "this text");
    return options;
}

void show_help(const Verb& verb) {
    std::cout << "mambasic " << verb.name << " " << verb.synopsis << "\n"
              << verb.summary << "\n\n"
              << options_of(verb) << "\nExample:\n  " << verb.example << "\n";
}

// "trace synth ..." is a verb of two words.
const Verb* find(const std::vector<Verb>& verbs, const std::vector<std::string>& words) {
    const std::string& one = words[0];
    const std::string two = words.size() > 1 ? one + " " + words[1] : one;
    const auto place = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) {
        return verb.name == one || verb.name == two;
    });
    return place == verbs.end() ? nullptr : &*place;
}

[[noreturn]] void reject_verb(const std::vector<Verb>& verbs,
                              const std::vector<std::string>& words) {
    std::vector<std::string> firsts;   // "run", "trace", ...
    std::vector<std::string> seconds;  // after the same first word: "synth", ...
    for (const Verb& verb : verbs) {
        const std::string first = verb.name.substr(0, verb.name.find(' '));
        firsts.push_back(first);
        if (first == words[0]) seconds.push_back(verb.name.substr(first.size() + 1));
    }
    firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
    if (seconds.empty()) {
        throw models::UserError("mambasic: unknown verb '" + words[0] + "'" +
                                models::suggestion(words[0], firsts));
    }
    const std::string second = words.size() > 1 ? words[1] : "";
    throw models::UserError("mambasic " + words[0] + ": unknown verb '" + second + "'" +
                            models::suggestion(second, seconds));
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

}  // namespace

int dispatch(const std::vector<Verb>& verbs, const std::vector<std::string>& words) {
    if (words.empty() || words[0] == "help" || asks_for_help(words[0])) {
        show_overview(verbs);
        return kExitDone;
    }
    if (words[0] == "--version") {
        std::cout << "mambasic " << MAMBASIC_VERSION << "\n";
        return kExitDone;
    }
    const Verb* verb = find(verbs, words);
    if (verb == nullptr) reject_verb(verbs, words);
    const auto skip = std::count(verb->name.begin(), verb->name.end(), ' ') + 1;
    const std::vector<std::string> rest(words.begin() + skip, words.end());
    if (std::any_of(rest.begin(), rest.end(), asks_for_help)) {
        show_help(*verb);
        return kExitDone;
    }
    return verb->run(Arguments(verb->name, options_of(*verb), verb->positional, rest));
}

}  // namespace mambasic::sim
