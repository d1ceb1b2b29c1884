// What --vcd writes is what --timeline does, to whoever reads value change dumps.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "tests/e2e/timeline_reader.h"

namespace mambasic::e2e {
namespace {

/// What a wave viewer has of a wire: its value from each time on.
struct Wire {
    std::string scope, name, type;
    std::vector<std::pair<std::uint64_t, std::string>> values;
};

struct Waves {
    std::string timescale;
    std::map<std::string, Wire> wires;  // by their codes
    std::uint64_t end = 0;
    std::vector<std::string> sections;  // in order
};

void read_section(const std::string& keyword, std::istringstream& words, Waves& waves,
                  std::vector<std::string>& scopes) {
    std::vector<std::string> body;
    for (std::string word; words >> word && word != "$end";) body.push_back(word);
    if (keyword == "$timescale") waves.timescale = body.at(0) + " " + body.at(1);
    if (keyword == "$scope") scopes.push_back(body.at(1));
    if (keyword == "$upscope") scopes.pop_back();
    if (keyword != "$var") return;
    EXPECT_EQ(scopes.size(), 2U);
    const bool is_new =
        waves.wires.emplace(body.at(2), Wire{scopes.back(), body.at(3), body.at(0), {}}).second;
    EXPECT_TRUE(is_new) << body.at(2);
}

/// IEEE 1364-2005, 18.2: keyword sections, then times, and value changes of declared wires.
Waves waves_of(const std::string& text) {
    Waves waves;
    std::vector<std::string> scopes;
    std::istringstream words(text);
    bool dumping = false;
    for (std::string word; words >> word;) {
        if (word == "$dumpvars" || word == "$end") continue;
        if (word[0] == '$') {
            EXPECT_FALSE(dumping) << word;
            dumping = word == "$enddefinitions";
            read_section(word, words, waves, scopes);
            continue;
        }
        EXPECT_TRUE(dumping) << word;
        if (word[0] == '#') {
            const std::uint64_t time = std::stoull(word.substr(1));
            EXPECT_TRUE(waves.end == 0 || time > waves.end) << word;
            waves.end = time;
            continue;
        }
        std::string code;
        words >> code;
        EXPECT_TRUE(word[0] == 'b' || word[0] == 's') << word;
        Wire& wire = waves.wires.at(code);
        EXPECT_EQ(word[0] == 's', wire.type == "string") << word;
        wire.values.emplace_back(waves.end, word.substr(1));
    }
    EXPECT_TRUE(scopes.empty());
    return waves;
}

std::uint64_t time_in(const Waves& waves, const Wire& wire, const std::string& value) {
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < wire.values.size(); ++i) {
        const std::uint64_t until =
            i + 1 < wire.values.size() ? wire.values[i + 1].first : waves.end;
        if (wire.values[i].second == value) time += until - wire.values[i].first;
    }
    return time;
}

void expect_waves_of(const Timed& run, const Waves& waves, std::uint64_t units_per_cycle) {
    const std::vector<Slice> slices = slices_of(run.timeline);
    std::size_t states = 0;
    for (const auto& [code, wire] : waves.wires) {
        if (wire.name != "state") continue;
        ++states;
        std::string track = wire.scope;
        if (track.rfind("scale_table", 0) == 0) std::replace(track.begin(), track.end(), '_', ' ');
        if (track.rfind("scale", 0) == 0) track[5] = '_';
        const auto expect = [&, &w = wire](const char* value, const std::string& category) {
            EXPECT_EQ(time_in(waves, w, value),
                      cycles_of(slices, track, category) * units_per_cycle)
                << track << " " << category;
        };
        expect("1", track.rfind("scale", 0) == 0 ? "lookup" : "busy");
        expect("10", "stall,stalled_input");
        expect("11", "stall,stalled_output");
    }
    EXPECT_EQ(states, track_names(run.timeline).size());
    EXPECT_EQ(waves.end,
              run.timeline["otherData"]["run_cycles"].get<std::uint64_t>() * units_per_cycle);
}

void expect_counted(const Timed& run, const Waves& waves) {
    std::size_t compared = 0;
    for (const auto& [code, wire] : waves.wires) {
        if (wire.scope != "activation_sram_level") continue;
        const std::vector<Json> samples = counter(run.timeline, "activation_sram KiB");
        ASSERT_EQ(wire.values.size(), samples.size() + 1);  // unknown, before the first
        EXPECT_EQ(wire.values.front().second, "x");
        for (std::size_t i = 0; i < samples.size(); ++i) {
            EXPECT_EQ(static_cast<double>(std::stoull(wire.values[i + 1].second, nullptr, 2)),
                      samples[i]["args"]["held"].get<double>() * 1024);
        }
        ++compared;
    }
    EXPECT_EQ(compared, 1U);
}

TEST(Timeline, IsTheSameAsAValueChangeDump) {
    const Folder folder;
    const Timed run = time_with(
        folder, {"edge-32x32", "--trace", sample("tiny2-decode"), "--set", "clock_ghz=0.8"},
        {"--timeline", "all", "--vcd", "all"});
    const Waves waves = waves_of(read_file(folder.path("out/timeline.vcd")));
    EXPECT_EQ(waves.timescale, "10 ps");  // 1.25 ns are 125 of them
    expect_waves_of(run, waves, 125);
    expect_counted(run, waves);
}

TEST(Timeline, OfASpanBeginsAndEndsWithItAsAValueChangeDump) {
    const Folder folder;
    const Outcome outcome =
        mambasic({"run", "tiny", "--trace", tiny_prefill(), "--timing-only", "--quiet", "--vcd",
                  "20us:31us", "--out", folder.path("out")});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const Waves waves = waves_of(read_file(folder.path("out/timeline.vcd")));
    EXPECT_EQ(waves.timescale, "1 ns");
    EXPECT_EQ(waves.end, 31000U);
    for (const auto& [code, wire] : waves.wires) EXPECT_EQ(wire.values.front().first, 20000U);
}

}  // namespace
}  // namespace mambasic::e2e
