// Whatever the user gets wrong: one line that names the place and the way out, exit 2, no file.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"
#include "tests/e2e/refused.h"

namespace mambasic::e2e {
namespace {

using Words = std::vector<std::string>;

// --- The command line
// -----------------------------------------------------------------------------

struct WordsCase {
    const char* name;
    Words words;  // "TRACE" and "DECODE" stand for the tiny traces, "OUT" for an output folder
    const char* text;
};

void PrintTo(const WordsCase& test, std::ostream* out) { *out << test.name; }

class BadWords : public testing::TestWithParam<WordsCase> {};

TEST_P(BadWords, AreRefused) {
    const Folder folder;
    Words words = GetParam().words;
    for (std::string& word : words) {
        if (word == "TRACE") word = tiny_prefill();
        if (word == "OUT") word = folder.path("out");
        if (word == "FILE") word = folder.path("file");
    }
    expect_refused(mambasic(words), GetParam().text);
    EXPECT_TRUE(folder.entries().empty()) << folder.entries().front();
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadWords,
    testing::Values(
        WordsCase{"Verb", {"rnu"}, "mambasic: unknown verb 'rnu', did you mean 'run'?"},
        WordsCase{"TraceVerb", {"trace", "inof"}, "unknown verb 'inof', did you mean 'info'?"},
        WordsCase{"Option",
                  {"run", "tiny", "--trace", "TRACE", "--uot", "OUT"},
                  "unknown option '--uot', did you mean '--out'?"},
        WordsCase{"NoTrace", {"run", "tiny", "--out", "OUT"}, "--trace: is missing"},
        WordsCase{"NoChip", {"run", "--trace", "TRACE", "--out", "OUT"}, "CHIP: is missing"},
        WordsCase{"ChipName",
                  {"run", "tinny", "--trace", "TRACE", "--out", "OUT"},
                  "did you mean 'tiny'?"},
        WordsCase{"SchemeName",
                  {"run", "tiny", "--trace", "TRACE", "--scheme", "quamba", "--out", "OUT"},
                  "did you mean 'quamba1'?"},
        WordsCase{"TraceName",
                  {"run", "tiny", "--trace", "no-such.safetensors", "--out", "OUT"},
                  "no-such.safetensors: "},
        WordsCase{"SetKey",
                  {"run", "tiny", "--trace", "TRACE", "--set", "gemm.rowz=8", "--out", "OUT"},
                  "did you mean 'gemm.rows'?"},
        WordsCase{"SetForm",
                  {"run", "tiny", "--trace", "TRACE", "--set", "gemm.rows", "--out", "OUT"},
                  "--set gemm.rows"},
        WordsCase{"SetRange",
                  {"run", "tiny", "--trace", "TRACE", "--set", "gemm.rows=0", "--out", "OUT"},
                  "--set gemm.rows=0: gemm.rows: "},
        WordsCase{
            "SetChoice",
            {"run", "tiny", "--trace", "TRACE", "--set", "schedule.fusion=nun", "--out", "OUT"},
            "did you mean 'none'?"},
        WordsCase{"LayersForm",
                  {"run", "tiny", "--trace", "TRACE", "--layers", "1", "--out", "OUT"},
                  "--layers: '1' must be FIRST:END"},
        WordsCase{"LayersRange",
                  {"run", "tiny", "--trace", "TRACE", "--layers", "1:3", "--out", "OUT"},
                  "--layers: the trace holds layers 0:2"},
        WordsCase{"OutIsAFile",
                  {"run", "tiny", "--trace", "TRACE", "--out", "/dev/null/out"},
                  "--out: '/dev/null' is not a folder"},
        WordsCase{"DumpWithoutNumbers",
                  {"run", "tiny", "--trace", "TRACE", "--timing-only", "--dump", "FILE"},
                  "--dump: --timing-only makes no tensors"},
        WordsCase{"DramTraceFormat",
                  {"run", "tiny", "--trace", "TRACE", "--dram-trace", "FILE", "--dram-trace-format",
                   "dramsim", "--out", "OUT"},
                  "did you mean 'dramsim3'?"},
        WordsCase{
            "DramTraceFormatAlone",
            {"run", "tiny", "--trace", "TRACE", "--dram-trace-format", "dramsim3", "--out", "OUT"},
            "--dram-trace-format: there is no --dram-trace FILE to write"},
        WordsCase{
            "DramTraceNowhere",
            {"run", "tiny", "--trace", "TRACE", "--dram-trace", "no/such/file", "--out", "OUT"},
            "--dram-trace: there is no folder 'no/such'"},
        WordsCase{"TimelineWithoutUnit",
                  {"run", "tiny", "--trace", "TRACE", "--timeline", "0:200", "--out", "OUT"},
                  "--timeline: '0:200' lacks a known unit; write all, FROM:TO as in 0:200us"},
        WordsCase{"TimelineOfNoLayer",
                  {"run", "tiny", "--trace", "TRACE", "--layers", "0:1", "--timeline", "layer:0..1",
                   "--out", "OUT"},
                  "--timeline: 'layer:0..1' is not in this run, which has layer:0..0"},
        WordsCase{
            "TimelineOfACheck",
            {"check", "--chip", "tiny", "--trace", "TRACE", "--timeline", "9us", "--out", "OUT"},
            "mambasic check: --timeline: '9us' is no window"},
        WordsCase{"TwoOutputsInOneFile",
                  {"run", "tiny", "--trace", "TRACE", "--dump", "FILE", "--dram-trace", "FILE"},
                  "file' is what --dump writes; take another file"},
        WordsCase{"TimelineLimitAlone",
                  {"run", "tiny", "--trace", "TRACE", "--timeline-limit", "9", "--out", "OUT"},
                  "--timeline-limit: there is no --timeline or --vcd WINDOW to write"},
        WordsCase{"TimelineOfARunThatIsRefused",
                  {"run", "tiny", "--trace", "TRACE", "--set", "activation_sram.capacity_kib=4",
                   "--timeline", "all", "--out", "OUT"},
                  "4: activation_sram.capacity_kib: "},
        WordsCase{
            "AgainstNothing",
            {"check", "--trace", "TRACE", "--chip", "tiny", "--against", "gold", "--out", "OUT"},
            "gold"},
        WordsCase{"QualityAgainstARecording",
                  {"check", "--trace", "TRACE", "--chip", "tiny", "--quality", "--against",
                   "recorded", "--out", "OUT"},
                  "--quality: only golden can leave the SSM input in FP32"},
        WordsCase{"TooSmallAnSram",
                  {"run", "tiny", "--trace", "TRACE", "--set", "activation_sram.capacity_kib=4",
                   "--out", "OUT"},
                  "4: activation_sram.capacity_kib: "},
        WordsCase{"SynthModel",
                  {"trace", "synth", "--model", "tinny", "--phase", "prefill", "--tokens", "4",
                   "--out", "FILE"},
                  "no network 'tinny', did you mean 'tiny'?"},
        WordsCase{"SynthTokens",
                  {"trace", "synth", "--model", "tiny", "--phase", "prefill", "--tokens", "0",
                   "--out", "FILE"},
                  "--tokens: '0' must be an integer from 1"},
        WordsCase{"SynthLayers",
                  {"trace", "synth", "--model", "tiny", "--phase", "prefill", "--tokens", "4",
                   "--layers", "3", "--out", "FILE"},
                  "--layers: '3' must be an integer from 1 to 2"},
        WordsCase{"SliceRange",
                  {"trace", "slice", "TRACE", "--layers", "1:3", "--out", "FILE"},
                  "--layers"},
        WordsCase{"CalibrateNoTrace",
                  {"calibrate", "--scheme", "int5", "--out", "FILE"},
                  "mambasic calibrate: --trace: is missing"},
        WordsCase{"CalibrateScheme",
                  {"calibrate", "--trace", "TRACE", "--scheme", "int6", "--out", "FILE"},
                  "int6: no such scheme file or name, did you mean 'int5'?"},
        WordsCase{"CalibrateSetting",
                  {"calibrate", "--trace", "TRACE", "--scheme", "int5", "--set", "conv.lanes=8",
                   "--out", "FILE"},
                  "--set: 'conv.lanes=8' is no key of a scheme; write as in scheme.alpha=0.999"},
        WordsCase{
            "CalibrateKey",
            {"calibrate", "--trace", "TRACE", "--scheme", "se8", "--set", "scheme.factr=8", "--out",
             "FILE"},
            "--set scheme.factr=8: unknown key 'scheme.factr', did you mean 'scheme.factor'?"},
        WordsCase{"CalibrateOverItself",
                  {"calibrate", "--trace", "TRACE", "--scheme", "int5", "--out", "TRACE"},
                  "is the file that is read; it would be overwritten"},
        WordsCase{"ScalesLayers",
                  {"scales", "--trace", "TRACE", "--layers", "1:3", "--csv", "FILE"},
                  "--layers: the trace holds layers 0:2"},
        WordsCase{"ExperimentVerb",
                  {"experiment", "four-mode", "--trace", "TRACE"},
                  "unknown verb 'four-mode', did you mean 'four-modes'?"},
        WordsCase{
            "ExperimentApproximate",
            {"experiment", "four-modes", "tiny", "--trace", "TRACE", "--set",
             "nonlinear.exp.kind=table", "--out", "OUT"},
            "tiny.yaml: its units are approximate (exp: table), and what differs then is not the "
            "code; add --set nonlinear.exp.kind=exact"},
        WordsCase{"ExperimentScheme",
                  {"experiment", "four-modes", "tiny", "--trace", "TRACE", "--set",
                   "scheme.factor=8", "--out", "OUT"},
                  " --schemes se8 --set scheme.factor=8"},
        WordsCase{"ExplainKey", {"explain", "gemm.rowz"}, "gemm.rows"}),
    [](const auto& test) { return test.param.name; });

// --- The chip file
// --------------------------------------------------------------------------------

struct ChipCase {
    const char* name;
    const char* yaml;  // a whole chip file over tiny.yaml
    const char* text;
};

void PrintTo(const ChipCase& test, std::ostream* out) { *out << test.name; }

class BadChip : public testing::TestWithParam<ChipCase> {};

TEST_P(BadChip, IsRefusedWithLineAndColumn) {
    const Folder folder;
    const std::string chip =
        folder.add("bad.yaml", "extends: " MAMBASIC_SOURCE "/hw_config/chips/tiny.yaml\n" +
                                   std::string(GetParam().yaml));
    const Outcome outcome =
        mambasic({"run", chip, "--trace", tiny_prefill(), "--out", folder.path("out")});
    expect_refused(outcome, "bad.yaml:");
    EXPECT_NE(outcome.err.find(GetParam().text), std::string::npos)
        << "expected: " << GetParam().text << "\nsaid:     " << outcome.err;
    EXPECT_EQ(folder.entries(), std::vector<std::string>{"bad.yaml"});
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, BadChip,
    testing::Values(ChipCase{"UnknownKey", "gemm:\n  rowz: 8\n",
                             "bad.yaml:3:3: unknown key 'rowz', did you mean 'rows'?"},
                    ChipCase{"DuplicateKey", "gemm:\n  rows: 8\n  rows: 4\n", "bad.yaml:4:3: "},
                    ChipCase{"OutOfRange", "gemm: {rows: 0}\n", "bad.yaml:2:14: "},
                    ChipCase{"NotANumber", "gemm:\n  rows: 3x\n", "bad.yaml:3:9: "},
                    ChipCase{"Octal", "gemm:\n  rows: 010\n", "bad.yaml:3:9: "},
                    ChipCase{"Choice", "schedule: {fusion: leyer}\n", "bad.yaml:2:20: "},
                    ChipCase{"ListForMap", "gemm: [8, 8]\n", "bad.yaml:2:7: "},
                    ChipCase{"Empty", "gemm:\n", "bad.yaml:2:"},
                    ChipCase{"BrokenYaml", "gemm: {rows: 8\n", "bad.yaml:"},
                    ChipCase{"MissingFile", "dram: dram/none.yaml\n", "bad.yaml:2:7: "},
                    ChipCase{"ClockTooFast",
                             "clock_ghz: 1.2\nweight_sram: {capacity_kib: 65536, banks: 1}\n",
                             "bad.yaml:2:12: clock_ghz: too fast for weight_sram"}),
    [](const auto& test) { return test.param.name; });

// --- One for the other
// ----------------------------------------------------------------------------

// A name, a file and a file that only extends one of the kind.
TEST(BadKind, ASchemeIsNoChipAndAChipIsNoScheme) {
    const Folder folder;
    const std::string scheme = folder.add("s.yaml", "extends: quamba2\nname: mine\n");
    const std::string chip = folder.add("c.yaml", "extends: edge-32x32.yaml\nname: mine\n");
    for (const std::string& given :
         {std::string("quamba2"), std::string(MAMBASIC_SOURCE "/hw_config/schemes/hybrid.yaml"),
          scheme}) {
        const std::string says = given + ": is a scheme, not a chip; write --scheme " + given;
        expect_refused(mambasic({"run", given, "--trace", tiny_prefill()}), says);
        expect_refused(mambasic({"check", "--trace", tiny_prefill(), "--chip", given}), says);
    }
    for (const std::string& given :
         {std::string("tiny"), std::string(MAMBASIC_SOURCE "/hw_config/base.yaml"), chip}) {
        const std::string says = given + ": is a chip, not a scheme; write it for the chip: run ";
        expect_refused(mambasic({"run", "tiny", "--trace", tiny_prefill(), "--scheme", given}),
                       says);
        expect_refused(mambasic({"compare", "tiny", "--trace", tiny_prefill(), "--schemes",
                                 "quamba1," + given}),
                       says);
    }
    EXPECT_EQ(mambasic({"run", chip, "--trace", tiny_prefill(), "--scheme", "quamba1",
                        "--timing-only", "--quiet"})
                  .status,
              0);
}

// A key in the wrong place makes no scheme of a chip that extends one.
TEST(BadKind, WhatAFileExtendsTellsMoreThanAStrayKey) {
    const Folder folder;
    const std::string chip = folder.add("c.yaml", "extends: edge-32x32\nlayers: 3\n");
    expect_refused(mambasic({"run", chip, "--trace", tiny_prefill()}),
                   chip + ":2:1: unknown key 'layers'; valid are ");
    const std::string scheme = folder.add("s.yaml", "extends: quamba1\nnorm: 1\n");
    expect_refused(mambasic({"run", "tiny", "--trace", tiny_prefill(), "--scheme", scheme}),
                   scheme + ":2:1: unknown key 'norm'; valid are ");
}

}  // namespace
}  // namespace mambasic::e2e
