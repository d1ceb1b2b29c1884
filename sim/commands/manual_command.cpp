// mambasic man: the manual page, from the words of --help.
#include <algorithm>
#include <iostream>

#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

// A line as roff takes it: no escape, no request, hyphens that can be copied.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    const bool request = !out.empty() && (out[0] == '.' || out[0] == '\'');
    return request ? "\\&" + out : out;
}

std::string lines_of_examples(const std::string& examples) {
    std::string text;
    std::size_t begin = 0;
    while (begin < examples.size()) {
        const std::size_t end = std::min(examples.find('\n', begin), examples.size());
        const std::size_t first = examples.find_first_not_of(' ', begin);
        text += roff(examples.substr(first, end - first)) + "\n";
        begin = end + 1;
    }
    return text;
}

std::string section_of(const Verb& verb) {
    po::options_description options;
    verb.describe(options);
    std::string text = ".SS \"" + roff(verb.name) + "\"\n.B mambasic " + roff(verb.name) + "\n" +
                       roff(verb.synopsis) + "\n.PP\n" + roff(verb.summary) + ".\n";
    for (const auto& option : options.options()) {
        text += ".TP\n.B \\-\\-" + roff(option->long_name()) + "\n" + roff(option->description()) +
                "\n";
    }
    return text + ".PP\nExample:\n.PP\n.nf\n" + lines_of_examples(verb.example) + ".fi\n";
}

std::string page() {
    std::string text =
        ".TH MAMBASIC 1 \"\" \"mambasic " MAMBASIC_VERSION
        "\" \"User Commands\"\n"
        ".SH NAME\nmambasic \\- what a Mamba accelerator computes, bit by bit, and what it costs\n"
        ".SH SYNOPSIS\n.B mambasic\n.I VERB\n[\\fIoptions\\fR]\n.PP\n.B mambasic\n.I VERB\n"
        ".B \\-\\-help\n"
        ".SH DESCRIPTION\nA cycle\\-approximate simulator of an accelerator for quantized Mamba "
        "models: a chip described in YAML runs a recorded trace, its bits are compared with a "
        "reference, and time, energy, area and traffic are told.\n"
        ".SH VERBS\n";
    for (const Verb& verb : all_verbs()) text += section_of(verb);
    text += std::string(".SH EXIT STATUS\n") + roff(kExitStatusText) +
            "\n.SH ENVIRONMENT\n"
            ".TP\n.B MAMBASIC_HOME\nthe folder with hw_config and traces; without it, the current "
            "folder and those above it, those above the program, share/mambasic beside its bin, "
            "and the "
            "source tree\n"
            ".TP\n.B NO_COLOR\nwhere it is set to anything, nothing is coloured; nor where output "
            "is no terminal, or TERM is dumb\n"
            ".TP\n.B OMP_NUM_THREADS\nhow many cores a run uses\n"
            ".TP\n.B TMPDIR\nwhere traces lie that are calibrated for one command\n";
    return text;
}

int manual_command(const Arguments&) {
    std::cout << page();
    return kExitDone;
}

}  // namespace

Verb manual_verb() {
    return {"man",
            "the manual page, for man -l",
            "",
            "mambasic man",
            {},
            [](po::options_description&) {},
            manual_command};
}

}  // namespace mambasic::sim
