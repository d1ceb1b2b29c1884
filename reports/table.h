// A table of text whose columns line up. Cells are ASCII: a byte is a column.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mambasic::reports {

enum class Align { Left, Right };

struct Column {
    std::string header;  // of several lines where it holds '\n'
    Align align = Align::Right;
};

class Table {
public:
    explicit Table(std::vector<Column> columns);

    /// One cell per column, or fewer: the rest stay empty.
    void add_row(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }

    /// Header, rule, rows; each line indented by two, none with trailing blanks.
    std::string text() const;

private:
    using HeaderLines = std::vector<std::vector<std::string>>;  // uppermost first, a cell a column
    HeaderLines header_lines() const;
    std::vector<std::size_t> widths() const;

    const std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace mambasic::reports
