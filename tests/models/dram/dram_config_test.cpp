#include "models/dram/dram_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "models/common/error.h"
#include "models/common/yaml_tree.h"
#include "tests/models/user_error.h"

namespace mambasic::models {
namespace {

using Lines = std::vector<std::string>;

Lines shipped() {
    std::ifstream file(std::string(MAMBASIC_SOURCE) + "/hw_config/dram/ddr4-3200.yaml");
    Lines lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

DramConfig parse(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return DramConfig::parse({parse_yaml(text, "d.yaml"), ""});
}

std::string key_of(const std::string& line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.find('#') < colon) return "";
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    if (value == std::string::npos || line[value] == '#') return "";  // a mapping begins
    const std::size_t start = line.find_first_not_of(' ');
    return line.substr(start, colon - start);
}

/// The shipped file with other values: "  channels" to "3".
std::string error_with(const std::vector<std::pair<std::string, std::string>>& changes) {
    Lines lines = shipped();
    for (const auto& [key, value] : changes) {
        for (std::string& line : lines) {
            if (key_of(line) == key) line = line.substr(0, line.find(':')) + ": " + value;
        }
    }
    std::string error = user_error([&] { parse(lines); });
    return error.substr(0, error.find(" ("));
}

TEST(DramConfig, EveryKeyIsNeeded) {
    const Lines lines = shipped();
    EXPECT_NO_THROW(parse(lines));
    int keys = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string key = key_of(lines[i]);
        if (key.empty() || key == "unit") continue;
        Lines without = lines;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_NE(user_error([&] { parse(without); }).find("'" + key + "'"), std::string::npos)
            << key;
        ++keys;
    }
    EXPECT_EQ(keys, 2 + 3 + 8 + 29 + 6 + 9 + 5 * 4);
}

TEST(DramConfig, ThePeakIsOfAllDataPins) {
    const auto peak = [](const char* name) {
        return DramConfig::parse(YamlMap::from_file(std::string(MAMBASIC_SOURCE) +
                                                    "/hw_config/dram/" + name + ".yaml"))
            .peak_gb_per_s();
    };
    EXPECT_DOUBLE_EQ(peak("ddr4-3200"), 25.6);
    EXPECT_DOUBLE_EQ(peak("lpddr5-6400-x64"), 51.2);
    EXPECT_DOUBLE_EQ(peak("hbm2"), 256);
    EXPECT_NEAR(peak("lpddr4x-4266-x64"), 4 * 16 * 4.266 / 8, 0.01);
}

TEST(DramConfig, WhatCannotBeIsRefused) {
    EXPECT_NE(error_with({{"channels", "3"}}).find("channels: must be a power of two"),
              std::string::npos);
    EXPECT_NE(error_with({{"bank_groups", "8"}, {"banks", "16"}}).find("128 banks"),
              std::string::npos);
    EXPECT_NE(error_with({{"ranks", "2"}, {"pseudo_channels", "2"}}).find("must be 1 where"),
              std::string::npos);
    EXPECT_NE(error_with({{"ccd_s", "3"}}).find("the data would overlap"), std::string::npos);
    EXPECT_NE(error_with({{"ccd_l", "3"}}).find("must not be below ccd_s"), std::string::npos);
    EXPECT_NE(error_with({{"rfc", "12480"}}).find("nothing but refresh"), std::string::npos);
    EXPECT_NE(error_with({{"cwl", "29"}}).find("must not be above cl"), std::string::npos);
    EXPECT_NE(error_with({{"drain_from", "33"}}).find("must not exceed write_queue"),
              std::string::npos);
    EXPECT_NE(error_with({{"drain_to", "26"}}).find("must be below drain_from"), std::string::npos);
    EXPECT_NE(error_with({{"mapping", "ro ba co"}}).find("2 bits of 'bg' have no place"),
              std::string::npos);
    EXPECT_NE(error_with({{"row_bytes", "32"}}).find("must hold a burst"), std::string::npos);
    for (const char* key : {"activate_deadline", "strobe_hold"}) {
        EXPECT_NE(error_with({{"bus", "split"}, {key, "8"}}).find("must be 0 where"),
                  std::string::npos);
    }
}

}  // namespace
}  // namespace mambasic::models
