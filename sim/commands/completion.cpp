#include "sim/commands/completion.h"

#include <algorithm>

#include "sim/commands/option_values.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

// What does not depend on the verbs. $verb is "run" or "trace synth", $value what a word may be.
constexpr const char* kFunctions = R"bash(
# The words after the last comma of a list; the ones before it stay.
_mambasic_list() {
    local done=""
    [[ $cur == *,* ]] && done=${cur%,*},
    COMPREPLY=($(compgen -P "$done" -W "$1" -- "${cur##*,}"))
    compopt -o nospace
}

_mambasic_value() {
    case $1 in
    chips | schemes | networks)
        COMPREPLY=($(compgen -W "$(mambasic completion "$1" 2>/dev/null)" -f -- "$cur"))
        compopt -o filenames
        ;;
    scheme-list) _mambasic_list "$(mambasic completion schemes 2>/dev/null)" ;;
    settings)
        COMPREPLY=($(compgen -S = -W "$(mambasic completion keys 2>/dev/null)" -- "$cur"))
        compopt -o nospace
        ;;
    keys) COMPREPLY=($(compgen -W "$(mambasic completion keys 2>/dev/null) area fields schemes" -- "$cur")) ;;
    files)
        COMPREPLY=($(compgen -f -- "$cur"))
        compopt -o filenames
        ;;
    free) ;;
    *) COMPREPLY=($(compgen -W "${1//|/ }" -- "$cur")) ;;
    esac
}

_mambasic() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]} first=2 options="" bare="" value=""
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "$_mambasic_verbs help --help --version" -- "$cur"))
        return
    fi
    local seconds
    seconds=$(_mambasic_seconds "$verb")
    if [[ -n $seconds ]]; then
        if ((COMP_CWORD == 2)); then
            COMPREPLY=($(compgen -W "$seconds --help" -- "$cur"))
            return
        fi
        verb+=" ${COMP_WORDS[2]}"
        first=3
    fi
    _mambasic_options
    value=$(_mambasic_kind "$verb" "$prev")
    if [[ -n $value && $value != flag ]]; then
        _mambasic_value "$value"
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options --help" -- "$cur"))
    elif ((COMP_CWORD == first)) && [[ -n $bare ]]; then
        _mambasic_value "$bare"
    else
        COMPREPLY=($(compgen -W "$options --help" -- "$cur"))
    fi
}
complete -F _mambasic mambasic
)bash";

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

std::string word_for(const OptionValues& values) {
    switch (values.kind) {
        case ValueKind::Flag:
            return "flag";
        case ValueKind::Free:
            return "free";
        case ValueKind::File:
            return "files";
        case ValueKind::Chip:
            return "chips";
        case ValueKind::Scheme:
            return "schemes";
        case ValueKind::Schemes:
            return "scheme-list";
        case ValueKind::Network:
            return "networks";
        case ValueKind::Setting:
            return "settings";
        case ValueKind::Key:
            return "keys";
        case ValueKind::Word:
            break;
    }
    return joined(values.words, "|");
}

std::string case_line(const std::string& pattern, const std::string& words) {
    return "    \"" + pattern + "\") echo \"" + words + "\" ;;\n";
}

/// The verbs as bash reads them.
class Words {
public:
    explicit Words(const std::vector<Verb>& verbs) {
        for (const Verb& verb : verbs) add(verb);
    }
    std::string text() const {
        std::string seconds;
        for (const auto& [first, words] : seconds_) {
            seconds += case_line(first, joined(words, " "));
        }
        return "_mambasic_verbs=\"" + joined(firsts_, " ") + "\"\n\n_mambasic_seconds() {\n" +
               "    case $1 in\n" + seconds + "    esac\n}\n\n_mambasic_options() {\n" +
               "    case $verb in\n" + options_ + "    esac\n}\n\n_mambasic_kind() {\n" +
               "    case \"$1 $2\" in\n" + kinds_ + "    esac\n}\n";
    }

private:
    void add(const Verb& verb) {
        add_name(verb);
        po::options_description described;
        verb.describe(described);
        std::vector<std::string> names;
        std::string bare;
        for (const auto& option : described.options()) {
            const std::string name = "--" + option->long_name();
            const std::string kind = word_for(values_of(verb, *option));
            const bool first =
                !verb.positional.empty() && verb.positional[0] == option->long_name();
            if (first) bare = kind;
            names.push_back(name);
            kinds_ += case_line(verb.name + " " + name, kind);
        }
        options_ += "    \"" + verb.name + "\") options=\"" + joined(names, " ") + "\" bare=\"" +
                    bare + "\" ;;\n";
    }
    void add_name(const Verb& verb) {
        const std::size_t space = verb.name.find(' ');
        const std::string first = verb.name.substr(0, space);
        if (std::find(firsts_.begin(), firsts_.end(), first) == firsts_.end()) {
            firsts_.push_back(first);
        }
        if (space == std::string::npos) return;
        if (seconds_.empty() || seconds_.back().first != first) seconds_.push_back({first, {}});
        seconds_.back().second.push_back(verb.name.substr(space + 1));
    }

    std::vector<std::string> firsts_;
    std::vector<std::pair<std::string, std::vector<std::string>>> seconds_;
    std::string options_;
    std::string kinds_;
};

}  // namespace

std::string bash_completion(const std::vector<Verb>& verbs) {
    return "# Completes the words of mambasic in bash: source <(mambasic completion bash)\n" +
           Words(verbs).text() + kFunctions;
}

std::string zsh_completion(const std::vector<Verb>& verbs) {
    return "#compdef mambasic\n# Completes the words of mambasic in zsh: source <(mambasic "
           "completion zsh)\nautoload -U +X bashcompinit && bashcompinit\n"
           "compopt() { :; } # which bashcompinit has not\n" +
           bash_completion(verbs) +
           "# Loaded by its name, this file is what completes the first word.\n"
           "[[ ${funcstack[1]} != _mambasic ]] || _bash_complete -F _mambasic\n";
}

}  // namespace mambasic::sim
