// A trace that is damaged, is none or does not fit: one line that names the place, exit 2, no file.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/e2e/program.h"
#include "tests/e2e/refused.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

std::size_t header_bytes(const std::string& file) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        length |= std::size_t{static_cast<unsigned char>(file[i])} << (8 * i);
    }
    return length;
}

void put_length(std::string& file, std::uint64_t length) {
    for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>((length >> (8 * i)) & 0xFF);
}

void fill(std::string& file, const std::string& tensor, char byte) {
    const std::size_t length = header_bytes(file);
    const Json entry = Json::parse(file.substr(8, length))[tensor];
    const std::size_t begin = entry["data_offsets"][0];
    const std::size_t end = entry["data_offsets"][1];
    for (std::size_t i = begin; i < end; ++i) file[8 + length + i] = byte;
}

void replace_once(std::string& file, const std::string& from, const std::string& to) {
    const std::size_t at = file.find(from);
    if (at == std::string::npos || from.size() != to.size()) FAIL() << from;
    file.replace(at, from.size(), to);
}

struct TraceCase {
    const char* name;
    std::function<void(std::string& file)> spoil;
    const char* text;
};

void PrintTo(const TraceCase& test, std::ostream* out) { *out << test.name; }

class BadTrace : public testing::TestWithParam<TraceCase> {};

TEST_P(BadTrace, IsRefusedByEveryVerb) {
    const Folder folder;
    std::string file = read_file(tiny_prefill());
    GetParam().spoil(file);
    const std::string bad = folder.add("bad.safetensors", file);
    for (const Words& words :
         {Words{"run", "tiny", "--trace", bad, "--out", folder.path("out")},
          Words{"check", "--chip", "tiny", "--trace", bad, "--out", folder.path("out")},
          Words{"trace", "info", bad}, Words{"trace", "validate", bad},
          Words{"trace", "slice", bad, "--layers", "0:1", "--out", folder.path("slice")}}) {
        expect_refused(mambasic(words), "bad.safetensors: ");
        const Outcome outcome = mambasic(words);
        EXPECT_NE(outcome.err.find(GetParam().text), std::string::npos)
            << "expected: " << GetParam().text << "\nsaid:     " << outcome.err;
    }
    EXPECT_EQ(folder.entries(), std::vector<std::string>{"bad.safetensors"});
}

const char kDtProj[] = R"("backbone.layers.0.mixer.dt_proj.weight":{"dtype":")";

INSTANTIATE_TEST_SUITE_P(
    File, BadTrace,
    testing::Values(
        TraceCase{"Empty", [](std::string& f) { f.clear(); }, "at byte 0"},
        TraceCase{"CutInHeader", [](std::string& f) { f.resize(100); }, "at byte "},
        TraceCase{"CutInData", [](std::string& f) { f.resize(f.size() - 1); }, ""},
        TraceCase{"TooLong", [](std::string& f) { f += "x"; }, ""},
        TraceCase{"HugeHeader", [](std::string& f) { put_length(f, ~std::uint64_t{0}); },
                  "at byte "},
        TraceCase{"NotASafetensorsFile", [](std::string& f) { f = "PK\x03\x04 some other file "; },
                  "at byte "},
        TraceCase{"Mistyped",
                  [](std::string& f) {
                      replace_once(f, std::string(kDtProj) + "I8", std::string(kDtProj) + "U8");
                  },
                  "tensor 'backbone.layers.0.mixer.dt_proj.weight'"},
        TraceCase{"NaNScale",
                  [](std::string& f) { fill(f, "backbone.layers.1.mixer.out_proj.a", '\xFF'); },
                  "tensor 'backbone.layers.1.mixer.out_proj.a'"},
        TraceCase{"NaNFilled",
                  [](std::string& f) { fill(f, "trace.layers.1.norm.residual", '\xFF'); },
                  "tensor 'trace.layers.1.norm.residual'"},
        TraceCase{"TokenOutOfVocabulary", [](std::string& f) { fill(f, "trace.tokens", '\x7F'); },
                  "tensor 'trace.tokens'"},
        TraceCase{"AnotherFamily",
                  [](std::string& f) {
                      replace_once(f, "\"family\":\"mamba1\"", "\"family\":\"mamba9\"");
                  },
                  "mamba1"}),
    [](const auto& test) { return test.param.name; });

TEST(BadTraceUse, WhatIsNoTraceIsCalledByItsName) {
    const Folder folder;
    const std::string chip = MAMBASIC_SOURCE "/hw_config/chips/tiny.yaml";
    const std::string zip = folder.add("zip", "PK\x03\x04 some other file ");
    const std::string empty = folder.add("empty", "");
    for (const Words& before : {Words{"run", "tiny", "--trace"}, Words{"check", "--trace"},
                                Words{"check", "--trace", tiny_prefill(), "--against"},
                                Words{"trace", "info"}, Words{"trace", "validate"}}) {
        const auto refused = [&](const std::string& file, const std::string& text) {
            Words words = before;
            words.push_back(file);
            expect_refused(mambasic(words), file + ": " + text);
        };
        refused(zip, "not a safetensors file (at byte 0: header length ");
        refused(empty, "not a safetensors file (at byte 0: file ends inside");
        refused(chip, "not a safetensors file (at byte 0: header length ");
        refused(folder.path(""), "not a regular file");
        refused(folder.path("none"), "cannot open: No such file");
    }
    const Outcome yaml = mambasic({"trace", "info", chip});
    EXPECT_NE(yaml.err.find("; it reads like YAML: did you mean it as the chip?"),
              std::string::npos)
        << yaml.err;
    EXPECT_EQ(mambasic({"trace", "info", zip}).err.find("YAML"), std::string::npos);
    std::string cut = read_file(tiny_prefill());
    cut.resize(100);  // a safetensors file all the same
    const std::string error = mambasic({"trace", "info", folder.add("cut", cut)}).err;
    EXPECT_EQ(error.find("not a safetensors"), std::string::npos) << error;
}

TEST(BadTraceUse, ATraceIsNoChipNoSchemeAndNoNetwork) {
    expect_refused(mambasic({"run", tiny_prefill()}),
                   tiny_prefill() +
                       ": this is a safetensors file, a chip YAML was expected; did "
                       "you mean --trace?");
    expect_refused(mambasic({"check", "--trace", tiny_prefill(), "--chip", tiny_prefill()}),
                   "a chip YAML was expected");
    expect_refused(mambasic({"run", "tiny", "--trace", tiny_prefill(), "--scheme", tiny_prefill()}),
                   "a scheme YAML was expected");
    const Folder folder;
    expect_refused(mambasic({"trace", "synth", "--model", tiny_prefill(), "--phase", "decode",
                             "--tokens", "1", "--out", folder.path("t")}),
                   "a network YAML was expected");
}

TEST(BadTraceUse, ShapesAloneCannotBeComputedOrChecked) {
    const std::string shapes = trace("tiny-shapes-only", {"--model", "tiny", "--phase", "decode",
                                                          "--tokens", "3", "--shapes-only"});
    expect_refused(mambasic({"run", "tiny", "--trace", shapes}), "add --timing-only");
    expect_refused(mambasic({"check", "--trace", shapes}), "no numbers to check");
}

TEST(BadTraceUse, ARecordingMustBeThereAndOfThisTrace) {
    const std::string bare = trace("tiny-bare", {"--model", "tiny", "--phase", "prefill",
                                                 "--tokens", "3", "--record", "none"});
    expect_refused(mambasic({"check", "--trace", bare, "--chip", "tiny", "--against", "recorded"}),
                   "holds no recorded results");
    const Folder folder;
    const std::string dump = folder.path("dump");
    ASSERT_EQ(mambasic({"run", "tiny", "--trace", bare, "--dump", dump, "--quiet"}).status, 0);
    expect_refused(
        mambasic({"check", "--trace", tiny_prefill(), "--chip", "tiny", "--against", dump}),
        "made from another trace");
}

}  // namespace
}  // namespace mambasic::e2e
