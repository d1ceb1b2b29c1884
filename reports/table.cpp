#include "reports/table.h"

#include <algorithm>
#include <sstream>
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

// All stand on the rule: a header of fewer lines than the others begins lower.
Table::HeaderLines Table::header_lines() const {
    HeaderLines columns;
    std::size_t height = 0;
    for (const Column& column : columns_) {
        columns.emplace_back();
        std::istringstream text(column.header);
        for (std::string line; std::getline(text, line);) columns.back().push_back(line);
        height = std::max(height, columns.back().size());
    }
    HeaderLines lines(height, std::vector<std::string>(columns_.size()));
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const std::size_t above = height - columns[c].size();
        for (std::size_t l = 0; l < columns[c].size(); ++l) lines[above + l][c] = columns[c][l];
    }
    return lines;
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths(columns_.size());
    const auto widen = [&](const auto& rows) {
        for (const auto& row : rows) {
            for (std::size_t c = 0; c < row.size(); ++c) {
                widths[c] = std::max(widths[c], row[c].size());
            }
        }
    };
    widen(header_lines());
    widen(rows_);
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
    for (const auto& line : header_lines()) add_line([&](std::size_t c) { return line[c]; });
    add_line([&](std::size_t c) { return std::string(width[c], '-'); });
    for (const auto& row : rows_) add_line([&](std::size_t c) { return row[c]; });
    return text;
}

}  // namespace mambasic::reports
