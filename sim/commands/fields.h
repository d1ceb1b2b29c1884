// What every field and column means that the program writes: report.json and compare.json by their
// schemas, every other document and the tables on the terminal by a list of their own.
#pragma once

#include <string>
#include <vector>

namespace mambasic::sim {

struct FieldDoc {
    std::string document;  // "report.json", "table Operations"
    std::string path;      // "totals.cycles", "busy cycles"
    std::string what;
};

/// All of them, document by document.
std::vector<FieldDoc> all_fields();

/// Those that a reader means who writes what stands in a file or a table's head: a path, its end, a
/// part that has fields below it, or a document's name.
std::vector<FieldDoc> find_fields(const std::string& asked);

/// One field at length, or a line for each of several.
std::vector<std::string> field_lines(const std::vector<FieldDoc>& fields);

}  // namespace mambasic::sim
