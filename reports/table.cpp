#include "reports/table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mambasic::reports {
namespace {

std::string padded(const std::string& cell, std::size_t width, Align align) {
    const std::string blanks(width - cell.size(), ' ');
    return align == Align::Left ? cell + blanks : blanks + cell;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add_row(std::vector<std::string> cells) {
    if (cells.size() > columns_.size()) throw std::logic_error("table row has too many cells");
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths;
    for (const Column& column : columns_) widths.push_back(column.header.size());
    for (const auto& row : rows_) {
        for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
    }
    return widths;
}

std::string Table::text() const {
    const std::vector<std::size_t> width = widths();
    std::string text;
    const auto add_line = [&](const auto& cell_of) {
        std::string line;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            line += "  " + padded(cell_of(c), width[c], columns_[c].align);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    };
    add_line([&](std::size_t c) { return columns_[c].header; });
    add_line([&](std::size_t c) { return std::string(width[c], '-'); });
    for (const auto& row : rows_) add_line([&](std::size_t c) { return row[c]; });
    return text;
}

}  // namespace mambasic::reports
