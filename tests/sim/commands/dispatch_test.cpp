#include <gtest/gtest.h>

#include <boost/program_options/value_semantic.hpp>

#include "models/common/error.h"
#include "sim/commands/verb.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    options.add_options()("trace", po::value<std::string>(), "the trace to run");
}

std::vector<Verb> verbs() {
    const auto verb = [](const char* name, int (*run)(const Arguments&)) {
        return Verb{name, "summary", "--trace T", "mambasic " + std::string(name),
                    {},   describe,  run};
    };
    return {verb("run", [](const Arguments& a) { return a.text("trace") == "t" ? 40 : 41; }),
            verb("trace synth", [](const Arguments&) { return 42; }),
            verb("trace info", [](const Arguments&) { return 43; })};
}

std::string error_of(const std::vector<std::string>& words) {
    try {
        dispatch(verbs(), words);
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "(no error)";
}

std::string output_of(const std::vector<std::string>& words) {
    testing::internal::CaptureStdout();
    const int status = dispatch(verbs(), words);
    const std::string text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(status, 0);
    return text;
}

TEST(Dispatch, FindsVerbsOfOneAndTwoWords) {
    EXPECT_EQ(dispatch(verbs(), {"run", "--trace", "t"}), 40);
    EXPECT_EQ(dispatch(verbs(), {"trace", "synth"}), 42);
    EXPECT_EQ(dispatch(verbs(), {"trace", "info", "--trace", "t"}), 43);
}

TEST(Dispatch, UnknownVerbsSuggest) {
    EXPECT_EQ(error_of({"rum"}), "mambasic: unknown verb 'rum', did you mean 'run'?");
    EXPECT_EQ(error_of({"trace", "sinth"}),
              "mambasic trace: unknown verb 'sinth', did you mean 'synth'?");
    EXPECT_EQ(error_of({"trace"}), "mambasic trace: a verb is missing; valid are synth, info");
    EXPECT_EQ(error_of({"synth"}), "mambasic: unknown verb 'synth', did you mean 'trace synth'?");
    EXPECT_EQ(error_of({"zzzzzzz"}), "mambasic: unknown verb 'zzzzzzz'; valid are run, trace");
}

TEST(Dispatch, UnknownOptionsInAVerbsPlaceSuggest) {
    EXPECT_EQ(error_of({"--hlp"}), "mambasic: unknown option '--hlp', did you mean '--help'?");
    EXPECT_EQ(error_of({"--verison"}),
              "mambasic: unknown option '--verison', did you mean '--version'?");
    EXPECT_EQ(error_of({"trace", "--hlep"}),
              "mambasic trace: unknown verb '--hlep', did you mean '--help'?");
}

TEST(Dispatch, AloneItListsEveryVerbWithAnExample) {
    const std::string text = output_of({});
    for (const Verb& verb : verbs()) {
        EXPECT_NE(text.find("mambasic " + verb.name + " --trace T\n      summary\n      e.g. "),
                  std::string::npos)
            << text;
    }
    EXPECT_EQ(output_of({"--help"}), text);
}

TEST(Dispatch, HelpTellsOptionsAndExampleAndRunsNothing) {
    const std::string text = output_of({"run", "--trace", "t", "--help"});
    EXPECT_NE(text.find("the trace to run"), std::string::npos);
    EXPECT_NE(text.find("Example:\n  mambasic run\n"), std::string::npos);
}

TEST(Dispatch, AGroupOfVerbsTellsItsOwn) {
    const std::string text = output_of({"trace", "--help"});
    EXPECT_NE(text.find("mambasic trace synth --trace T\n"), std::string::npos) << text;
    EXPECT_NE(text.find("mambasic trace info --trace T\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("mambasic run"), std::string::npos) << text;
    EXPECT_EQ(output_of({"trace", "-h"}), text);
    EXPECT_EQ(output_of({"help", "trace"}), text);
}

TEST(Dispatch, HelpTakesAVerbBeforeOrBehind) {
    const std::string synth = output_of({"trace", "synth", "--help"});
    EXPECT_EQ(synth.rfind("mambasic trace synth --trace T\n", 0), 0U) << synth;
    EXPECT_EQ(output_of({"help", "trace", "synth"}), synth);
    EXPECT_EQ(output_of({"help", "run"}), output_of({"run", "--help"}));
    EXPECT_EQ(output_of({"help"}), output_of({}));
    EXPECT_EQ(output_of({"help", "--help"}), output_of({}));
    EXPECT_EQ(error_of({"help", "rum"}), "mambasic: unknown verb 'rum', did you mean 'run'?");
    EXPECT_EQ(error_of({"help", "trace", "sinth"}),
              "mambasic trace: unknown verb 'sinth', did you mean 'synth'?");
}

TEST(Dispatch, SaysItsVersion) {
    EXPECT_EQ(output_of({"--version"}), "mambasic " MAMBASIC_VERSION "\n");
}

}  // namespace
}  // namespace mambasic::sim
