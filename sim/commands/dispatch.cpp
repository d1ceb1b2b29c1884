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

// Of two examples the first; --help shows both.
void list(const std::vector<Verb>& verbs) {
    for (const Verb& verb : verbs) {
        std::cout << "  mambasic " << verb.name << " " << verb.synopsis << "\n      "
                  << verb.summary << "\n      e.g. "
                  << verb.example.substr(0, verb.example.find('\n')) << "\n";
    }
}

void show_overview(const std::vector<Verb>& verbs) {
    std::cout << "mambasic " << MAMBASIC_VERSION
              << ": what a Mamba accelerator computes, bit by bit, and what it costs.\n\n";
    list(verbs);
    std::cout << "\nmambasic VERB --help tells every option. Exit status: " << kExitStatusText
              << "\n";
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

std::string first_word(const Verb& verb) { return verb.name.substr(0, verb.name.find(' ')); }

// "synth" of "trace synth".
std::string last_word(const Verb& verb) { return verb.name.substr(verb.name.rfind(' ') + 1); }

// "four-modes" alone is the second word of a verb.
std::string verb_suggestion(const std::vector<Verb>& verbs, const std::string& word) {
    for (const Verb& verb : verbs) {
        if (last_word(verb) == word) return ", did you mean '" + verb.name + "'?";
    }
    Words firsts;  // "run", "trace", ...
    std::transform(verbs.begin(), verbs.end(), std::back_inserter(firsts), first_word);
    firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
    Words all = firsts;
    all.insert(all.end(), {"help", "--help", "--version"});
    return models::suggestion(word, models::nearest(word, all).empty() ? firsts : all);
}

// An option in the verb's place may be --help, misspelled.
std::string second_suggestion(const Words& seconds, const std::string& word) {
    const Words help = {"--help"};
    return models::suggestion(word, models::nearest(word, help).empty() ? seconds : help);
}

[[noreturn]] void reject_verb(const std::vector<Verb>& verbs, const Words& words) {
    Words seconds;  // of "trace": "synth", ...
    for (const Verb& verb : verbs) {
        if (first_word(verb) == words[0]) seconds.push_back(last_word(verb));
    }
    if (seconds.empty()) {
        throw models::UserError("mambasic: unknown " +
                                std::string(words[0].rfind('-', 0) == 0 ? "option" : "verb") +
                                " '" + words[0] + "'" + verb_suggestion(verbs, words[0]));
    }
    const std::string word = words.size() > 1 ? words[1] : "";
    const std::string wrong =
        word.empty() ? std::string("a verb is missing") : "unknown verb '" + word + "'";
    throw models::UserError("mambasic " + words[0] + ": " + wrong +
                            second_suggestion(seconds, word));
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
