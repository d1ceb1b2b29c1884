// What `mambasic scales` writes of a layer, as a table and as CSV, from figures made up by hand:
// each one is of its own size, so that none can stand in another's place.
#include "sim/commands/scales_table.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace mambasic::sim {
namespace {

using Words = std::vector<std::string>;
using traces::synth::LayerStatistics;

/// Two cells of a code of four bits: 180 values by the low scales, 20 by the high ones.
LayerStatistics two_cells() {
    LayerStatistics layer;
    layer.layer = 3;
    layer.code.format = traces::XFormat::Dual4;
    layer.bottom_code = -1;
    layer.top_code = 14;
    layer.cells.resize(2);
    layer.cells[0].scale = 0.5F;
    layer.cells[0].low = 0.25F;
    layer.cells[0].high = 1.0F;
    layer.cells[0].unflagged = {60, 6, 3, -1, 12};
    layer.cells[0].flagged = {10, 0, 2, 4, 13};
    layer.cells[1].scale = 0.75F;
    layer.cells[1].low = 0.125F;
    layer.cells[1].high = 2.0F;
    layer.cells[1].unflagged = {120, 4, 5, 1, 14};
    layer.cells[1].flagged = {10, 1, 0, 3, 11};
    layer.least = -0.5F;
    layer.most = 9.0F;
    layer.quantiles = {1, 2, 3, 4, 5};
    layer.state = {0.001F, 0.002F, 0.375F, {400, 2, 8, -100, 127}};
    layer.magnitudes.top = 6;
    layer.magnitudes.counts[1] = 7;
    return layer;
}

traces::TraceInfo info() {
    traces::TraceInfo info;
    info.first_layer = 3;
    return info;
}

/// Columns stand two blanks apart at the least; the code's name is left out.
Words columns_of(const std::string& line) {
    Words all;
    for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;) {
        const std::size_t end = line.find("  ", at);
        all.push_back(line.substr(at, end - at));
        at = end == std::string::npos ? end : line.find_first_not_of(' ', end);
    }
    if (all.size() > 1) all.erase(all.begin() + 1);
    return all;
}

TEST(ScalesTable, SumsUpTheCellsOfEveryKind) {
    std::istringstream text(scales_table(info(), {two_cells()}, false));
    std::vector<Words> rows;
    for (std::string line; std::getline(text, line);) {
        const Words columns = columns_of(line);
        if (!columns.empty() && columns[0] == "3") rows.push_back(columns);
    }
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0], (Words{"3", "x low", "2", "0.125 to 0.250", "90.0 %", "-1 to 14", "-1 to 14",
                              "5.0 %", "4.0 %", "recorded"}));
    EXPECT_EQ(rows[1], (Words{"3", "x high", "2", "1.00 to 2.00", "10.0 %", "3 to 13", "-1 to 14",
                              "0.5 %", "1.0 %", "recorded"}));
    EXPECT_EQ(rows[2],
              (Words{"3", "x int8", "2", "0.500 to 0.750", "-", "-", "-", "-", "-", "recorded"}));
    EXPECT_EQ(rows[3], (Words{"3", "state", "2", "0.00100 to 0.00200", "100.0 %", "-100 to 127",
                              "-128 to 127", "0.5 %", "2.0 %", "recorded"}));
}

Words cells_of(const std::string& line) {
    Words all(1);
    for (const char c : line) c == ',' ? void(all.emplace_back()) : void(all.back() += c);
    return all;
}

/// One of the CSV's rows by the names of its columns.
std::map<std::string, std::string> csv_row(const std::string& csv, std::size_t number) {
    std::istringstream text(csv);
    std::string names;
    std::getline(text, names);
    std::string line;
    for (std::size_t i = 0; i <= number; ++i) std::getline(text, line);
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < cells_of(names).size(); ++i) {
        row[cells_of(names)[i]] = cells_of(line).at(i);
    }
    row.erase("code_of_x");
    row.erase("magnitudes_count_by_half_octave");
    return row;
}

TEST(ScalesTable, TheCsvHasEveryCell) {
    const std::string csv = scales_csv(info(), {two_cells()});
    using Row = std::map<std::string, std::string>;
    const Row of_layer = {{"layer_index", "3"},        {"made_of", "recorded"},
                          {"x_least_value", "-0.5"},   {"x_most_value", "9"},
                          {"x_q50_value", "1"},        {"x_q90_value", "2"},
                          {"x_q99_value", "3"},        {"x_q99.9_value", "4"},
                          {"x_q99.99_value", "5"},     {"state_largest_value", "0.375"},
                          {"magnitudes_top_log2", "6"}};
    Row high = {
        {"scale_of", "x high"},          {"cell_index", "1"},   {"lowest_value_per_code", "2"},
        {"highest_value_per_code", "2"}, {"coded_count", "10"}, {"clipped_below_count", "1"},
        {"clipped_above_count", "0"},    {"least_code", "3"},   {"greatest_code", "11"},
        {"bottom_code", "-1"},           {"top_code", "14"}};
    high.insert(of_layer.begin(), of_layer.end());
    EXPECT_EQ(csv_row(csv, 3), high);
    Row state = {{"scale_of", "state"},
                 {"cell_index", "all"},
                 {"lowest_value_per_code", "0.00100000005"},
                 {"highest_value_per_code", "0.00200000009"},
                 {"coded_count", "400"},
                 {"clipped_below_count", "2"},
                 {"clipped_above_count", "8"},
                 {"least_code", "-100"},
                 {"greatest_code", "127"},
                 {"bottom_code", "-128"},
                 {"top_code", "127"}};
    state.insert(of_layer.begin(), of_layer.end());
    EXPECT_EQ(csv_row(csv, 6), state);
    EXPECT_EQ(csv_row(csv, 4).at("coded_count"), "0") << "x int8 codes nothing here";
    EXPECT_EQ(csv_row(csv, 4).at("least_code"), "");
}

}  // namespace
}  // namespace mambasic::sim
