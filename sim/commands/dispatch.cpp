#include <algorithm>
#include <iostream>
#include <iterator>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "sim/commands/ending_signals.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using Words = std::vector<std::string>;

void list(const std::vector<Verb>& verbs) {
    for (const Verb& verb : verbs) {
        std::cout << "  mambasic " << verb.name << " " << verb.synopsis << "\n      "
                  << verb.summary << "\n      e.g. " << verb.example << "\n";
    }
}

void show_overview(const std::vector<Verb>& verbs) {
    std::cout << "mambasic " << MAMBASIC_VERSION
              << ": what a Mamba accelerator computes, bit by bit, and what it costs.\n\n";
    list(verbs);
    std::cout
        << "\nmambasic VERB --help tells every option. Exit status: 0 done and equal, 1 a check "
           "found a\ndifference, 2 the input is wrong, 3 internal error. compare: 2 also where a "
           "scheme could\nnot run, but 1 where another differed.\n";
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
const Verb* find(const std::vector<Verb>& verbs, const Words& words) {
    const std::string& one = words[0];
    const std::string two = words.size() > 1 ? one + " " + words[1] : one;
    const auto place = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) {
        return verb.name == one || verb.name == two;
    });
    return place == verbs.end() ? nullptr : &*place;
}

[[noreturn]] void reject_verb(const std::vector<Verb>& verbs, const Words& words) {
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
    const std::string wrong =
        words.size() > 1 ? "unknown verb '" + words[1] + "'" : std::string("a verb is missing");
    throw models::UserError("mambasic " + words[0] + ": " + wrong +
                            models::suggestion(words.size() > 1 ? words[1] : "", seconds));
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

// "trace" alone: the verbs that begin with it.
bool show_group(const std::vector<Verb>& verbs, const std::string& first) {
    std::vector<Verb> group;
    std::copy_if(verbs.begin(), verbs.end(), std::back_inserter(group),
                 [&](const Verb& verb) { return verb.name.rfind(first + " ", 0) == 0; });
    if (group.empty()) return false;
    std::cout << "mambasic " << first << " VERB\n\n";
    list(group);
    std::cout << "\nmambasic " << first << " VERB --help tells every option.\n";
    return true;
}

// "help", "help run", "help trace", "help trace synth".
void show_topic(const std::vector<Verb>& verbs, const Words& topic) {
    if (topic.empty() || asks_for_help(topic[0])) {
        show_overview(verbs);
    } else if (const Verb* verb = find(verbs, topic)) {
        show_help(*verb);
    } else if (topic.size() > 1 || !show_group(verbs, topic[0])) {
        reject_verb(verbs, topic);
    }
}

}  // namespace

int dispatch(const std::vector<Verb>& verbs, const std::vector<std::string>& words) {
    if (words.empty() || words[0] == "help" || asks_for_help(words[0])) {
        show_topic(verbs, words.empty() ? words : Words(words.begin() + 1, words.end()));
        return kExitDone;
    }
    if (words[0] == "--version") {
        std::cout << "mambasic " << MAMBASIC_VERSION << "\n";
        return kExitDone;
    }
    if (words.size() > 1 && asks_for_help(words[1]) && show_group(verbs, words[0])) {
        return kExitDone;
    }
    const Verb* verb = find(verbs, words);
    if (verb == nullptr) reject_verb(verbs, words);
    const auto skip = std::count(verb->name.begin(), verb->name.end(), ' ') + 1;
    const Words rest(words.begin() + skip, words.end());
    if (std::any_of(rest.begin(), rest.end(), asks_for_help)) {
        show_help(*verb);
        return kExitDone;
    }
    remove_unfinished_files_at_signals();
    return verb->run(Arguments(verb->name, options_of(*verb), verb->positional, rest));
}

}  // namespace mambasic::sim
