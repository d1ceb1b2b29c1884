#include "tests/e2e/knob_case.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace mambasic::e2e {

namespace {

std::string number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

}  // namespace

Key explained(const std::string& path) {
    Key key{path, "", "", ""};
    const Outcome outcome = mambasic({"explain", path, "--chip", kChip});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const std::string& line : lines_of(outcome.out)) {
        constexpr std::size_t kText = 14;  // behind the row's name
        if (line.rfind("  type ", 0) == 0) key.type = line.substr(kText);
        if (line.rfind("  value ", 0) == 0) key.value = line.substr(kText);
        if (line.rfind("  may change ", 0) == 0) key.may_change = line.substr(kText);
    }
    return key;
}

Words all_keys() {
    Words keys;
    for (const std::string& line : lines_of(mambasic({"explain", "--chip", kChip}).out)) {
        keys.push_back(line.substr(0, line.find(' ')));
    }
    return keys;
}

Words settings(const Key& key) {
    Words out;
    if (key.type == "integer" || key.type == "number") {
        const double value = std::stod(key.value);
        for (const double other : {value * 2, value / 2, value - 1}) {
            out.push_back(key.path + "=" + number(other));
        }
    } else if (key.path == "voltage_v") {
        out = {"voltage_v=0.8"};
    } else if (key.type.rfind("{value", 0) == 0) {  // "0.2 (0.1 to 0.28)"
        std::istringstream text(key.value);
        std::string value, low, to, high;
        text >> value >> low >> to >> high;
        high.pop_back();
        out = {key.path + ".value=" + high, key.path + ".value=" + low.substr(1)};
    } else {
        std::istringstream text(key.type);
        for (std::string word; text >> word;) {
            if (word == "tree") word = "tree 2";  // "tree W, W = 2, 4, ..": the first is enough
            if (word != "|" && word != key.value) out.push_back(key.path + "=" + word);
            if (word == "tree 2") break;
        }
    }
    return out;
}

Json report(const Case& run, const Words& overrides) {
    const Folder folder;
    Words words = {"run",      kChip,   "--trace",       run.trace, "--scheme",
                   run.scheme, "--out", folder.path(""), "--quiet", "--timing-only"};
    for (const std::string& setting : overrides) {
        if (!setting.empty()) words.insert(words.end(), {"--set", setting});
    }
    const Outcome outcome = mambasic(words);
    if (outcome.status != 0) {
        EXPECT_EQ(outcome.status, 2) << outcome.err;
        return nullptr;
    }
    Json json = Json::parse(read_file(folder.path("report.json")));
    json.erase("provenance");
    json.erase("configuration");
    json.erase("notes");
    return json;
}

const std::vector<Case>& cases() {
    const auto shapes = [](const std::string& name, Words words) {
        words.insert(words.end(), {"--shapes-only"});
        return trace(name, words);
    };
    static const std::string kGrouped =
        shapes("knob-prefill2", {"--model", "tiny2-g2", "--phase", "prefill", "--tokens", "21"});
    static const std::vector<Case> kCases = {
        {shapes("knob-prefill",
                {"--model", "tiny", "--phase", "prefill", "--tokens", "21", "--batch", "2"}),
         "quamba1"},
        {shapes("knob-decode",
                {"--model", "tiny", "--phase", "decode", "--tokens", "3", "--batch", "1"}),
         "quamba1"},
        {kGrouped, "quamba2"},
        {kGrouped, "quamba2-parallel"},
        {shapes("knob-decode2", {"--model", "tiny2-g2", "--phase", "decode", "--tokens", "3",
                                 "--precision", "w4a8"}),
         "quamba2-code"},
        {shapes("knob-code",
                {"--model", "tiny", "--phase", "prefill", "--tokens", "21", "--batch", "2"}),
         "w4a5-se"},
        {kGrouped, "w4a5-se-4x4"},
        {kGrouped, "rotation-hadamard"},
        {kGrouped, "rotation-dense"}};
    return kCases;
}

const Json& usual_report(const Case& run, const std::string& together) {
    static std::map<std::pair<Case, std::string>, Json> reports;
    Json& json = reports[{run, together}];
    if (json.is_null()) json = report(run, {together});
    return json;
}

}  // namespace mambasic::e2e
