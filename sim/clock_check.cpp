#include "sim/clock_check.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <locale>
#include <sstream>

#include "models/common/error.h"
#include "models/gemm/gemm_cost.h"
#include "models/hadamard/hadamard_cost.h"
#include "models/rotation/rotation_cost.h"
#include "models/sram/sram_cost.h"
#include "models/ssm/ssm_cost.h"

namespace mambasic::sim {

namespace {

double delay_ns(const models::Technology& t, models::Primitive primitive) {
    return t.delay_ns[static_cast<std::size_t>(primitive)].value;
}

double register_ns(const models::Technology& t) {
    return delay_ns(t, models::Primitive::RegisterBit);
}

double series_ns(const models::Technology& t, const Stage& stage) {
    double sum = 0;
    for (const models::Primitive primitive : stage.series) sum += delay_ns(t, primitive);
    return sum * t.placement_delay.value;
}

TimedPath memory_path(const models::Technology& t, const std::string& key, std::uint32_t cycles,
                      const models::MemoryPart& part) {
    return {key, "an access to " + part.name, models::access_ns(t, part).value, cycles,
            UsedBy::All};
}

// A store of a block is read and written in every cycle; its access is one of the pipeline's.
void add_memories(const ChipConfig& c, std::vector<TimedPath>& paths) {
    const models::Technology& t = c.technology;
    paths.push_back(memory_path(t, "weight_sram.access_cycles", c.weight_sram.access_cycles,
                                models::sram_part(c.weight_sram, "a bank")));
    paths.push_back(memory_path(t, "activation_sram.access_cycles", c.activation_sram.access_cycles,
                                models::sram_part(c.activation_sram, "a bank")));
    paths.push_back(memory_path(t, "gemm", 1, models::gemm_accumulators(c.gemm)));
    paths.push_back(memory_path(t, "hadamard", 1, models::hadamard_buffer(c.hadamard)));
    paths.push_back(memory_path(t, "rotation", 1, models::rotation_buffer(c.rotation)));
    paths.back().used_by = UsedBy::Rotation;
    paths.push_back(memory_path(t, "ssm.recurrence_ii_cycles", c.ssm.recurrence_ii_cycles,
                                models::ssm_state_store(c.ssm)));
}

// With three digits, downwards, so that the clock that an error names is one that does.
std::string clock_text(double ghz) {
    constexpr double kMost = 10;  // what clock_ghz may be
    const double scale = std::pow(10.0, 2.0 - std::floor(std::log10(ghz)));
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::min(kMost, std::floor(ghz * scale) / scale);
    return text.str();
}

std::string ns_text(double ns) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::setprecision(3) << ns;
    return text.str();
}

double needed_ns(const models::Technology& t, const TimedPath& path) {
    return path.ns + path.cycles * register_ns(t);
}

bool is_used(const TimedPath& path, const ClockUses& uses) {
    switch (path.used_by) {
        case UsedBy::All:
            return true;
        case UsedBy::Mamba1:
            return uses.mamba1;
        case UsedBy::Mamba2:
            return uses.mamba2;
        case UsedBy::Rotation:
            return uses.rotation;
        case UsedBy::OwnCodes:
            return uses.own_codes;
        case UsedBy::Requantized:
            return uses.requantized;
    }
    return true;
}

std::string path_text(const models::Technology& t, const TimedPath& path) {
    return path.key + ": " + path.what + " takes " + ns_text(needed_ns(t, path)) + " ns in " +
           std::to_string(path.cycles) + (path.cycles == 1 ? " cycle" : " cycles");
}

constexpr std::size_t kMostTold = 6;  // of more, the slowest few stand for all
constexpr std::size_t kFew = 3;

bool may_be(const ChipConfig& chip, const std::string& key, double value) {
    const auto doc = std::find_if(chip.keys.begin(), chip.keys.end(),
                                  [&key](const models::KeyDoc& d) { return d.path == key; });
    return doc != chip.keys.end() && value <= doc->high.value_or(value);
}

// More cycles help only where a cycle is longer than its register, and all slow paths have a key
// that takes so many.
std::string more_cycles(const ChipConfig& chip, const std::vector<SlowPath>& slow) {
    const double left = 1 / chip.clock_ghz - register_ns(chip.technology);
    if (left <= 0 || slow.size() > kMostTold) return "";
    std::string raised;
    for (std::size_t i = 0; i < slow.size(); ++i) {
        const TimedPath& path = slow[i].path;
        const double cycles = std::ceil(path.ns / left);
        if (!may_be(chip, path.key, cycles)) return "";
        const char* joint = i + 1 == slow.size() ? " and " : ", ";
        raised += (i == 0 ? "" : joint) + path.key + " to " +
                  std::to_string(static_cast<std::uint64_t>(cycles));
    }
    return ", or raise " + raised;
}

bool starts_with(const std::string& text, const std::string& start) {
    return text.rfind(start, 0) == 0;
}

// What a path hangs on, the likeliest to have been changed first. A point at the end: all below.
std::vector<std::string> suspects(const TimedPath& path) {
    const std::string block = path.key.substr(0, path.key.find('.'));
    return {"clock_ghz",
            path.key,
            "voltage_v",
            block,
            block + ".",
            "technology",
            "technology.delay_ns.",
            "technology.placement_delay",
            "technology.sram.",
            "technology.voltage."};
}

struct Culprit {
    std::string place, key;
};

Culprit culprit(const ChipConfig& chip, const TimedPath& path) {
    for (const std::string& suspect : suspects(path)) {
        for (auto set = chip.settings.rbegin(); set != chip.settings.rend(); ++set) {
            const std::string key = set->substr(0, set->find('='));
            const bool below = suspect.back() == '.' && starts_with(key, suspect);
            if (key == suspect || below) return {"--set " + *set, key};  // the last one counts
        }
    }
    for (const std::string& suspect : suspects(path)) {
        const auto place = chip.places.find(suspect);
        if (place == chip.places.end() || !starts_with(place->second, chip.path + ":")) continue;
        return {place->second, suspect};
    }
    return {chip.places.at("clock_ghz"), "clock_ghz"};
}

}  // namespace

std::vector<TimedPath> timed_paths(const ChipConfig& chip) {
    std::vector<TimedPath> paths;
    for (const Stage& stage : stages(chip)) {
        paths.push_back({stage.key, stage.what, series_ns(chip.technology, stage), stage.cycles,
                         stage.used_by});
    }
    add_memories(chip, paths);
    return paths;
}

ClockUses uses_of(const Workload& work) {
    ClockUses uses{!work.dims.mamba2(), work.dims.mamba2(), work.rotates(), false, false};
    for (const ScaleRange& range : work.scale_ranges) {
        uses.own_codes = uses.own_codes || range.groups.x.code.own_codes();
        uses.requantized = uses.requantized || range.groups.x.requantized();
    }
    return uses;
}

std::vector<SlowPath> slow_paths(const ChipConfig& chip, const ClockUses& uses) {
    std::vector<SlowPath> all;
    for (const TimedPath& path : timed_paths(chip)) {
        const double needed = needed_ns(chip.technology, path);
        if (needed <= 0 || !is_used(path, uses)) continue;
        const double clock = path.cycles / needed;
        if (clock < chip.clock_ghz) all.push_back({path, clock});
    }
    std::stable_sort(all.begin(), all.end(), [](const SlowPath& one, const SlowPath& other) {
        return one.clock_ghz < other.clock_ghz;
    });
    std::vector<SlowPath> slow;
    for (const SlowPath& path : all) {
        const bool is_told = std::any_of(slow.begin(), slow.end(), [&](const SlowPath& other) {
            return other.path.key == path.path.key;
        });
        if (!is_told) slow.push_back(path);
    }
    return slow;
}

void check_clock(const ChipConfig& chip, const ClockUses& uses) {
    const std::vector<SlowPath> slow = slow_paths(chip, uses);
    if (slow.empty()) return;
    const Culprit written = culprit(chip, slow.front().path);
    const bool other = written.key != "clock_ghz";
    std::string text = written.place + ": " + written.key;
    text += other ? ": leaves clock_ghz too fast" : ": too fast";
    const std::size_t told = slow.size() > kMostTold ? kFew : slow.size();
    for (std::size_t i = 0; i < told; ++i) {
        text += (i == 0 ? " for " : ", for ") + path_text(chip.technology, slow[i].path);
    }
    if (told < slow.size()) text += " and " + std::to_string(slow.size() - told) + " more";
    throw models::UserError(text + " by " + chip.technology.name + " at " +
                            ns_text(chip.voltage_v) + " V; lower clock_ghz to " +
                            clock_text(slow.front().clock_ghz) + more_cycles(chip, slow));
}

}  // namespace mambasic::sim
