#include "sim/commands/fields.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "reports/schemas.h"
#include "sim/commands/listed_fields.h"

namespace mambasic::sim {
namespace {

using Json = nlohmann::ordered_json;
using Fields = std::vector<FieldDoc>;

constexpr const char* kRows = "schemes.";  // of compare.json, whose rows compare.csv has

/// Walks a schema; `prefix` ends in a dot.
class SchemaFields {
public:
    SchemaFields(std::string document, const char* schema)
        : document_(std::move(document)), root_(Json::parse(schema)) {
        add_properties(root_, "");
    }
    const Fields& fields() const { return fields_; }

private:
    const Json& resolved(const Json& rule) const {
        if (!rule.contains("$ref")) return rule;
        const std::string place = rule["$ref"];
        return root_.at(Json::json_pointer(place.substr(1)));
    }
    void add_properties(const Json& rule, const std::string& prefix) {
        const Json none = Json::object();
        const auto properties = rule.find("properties");
        for (const auto& [key, child] : (properties == rule.end() ? none : *properties).items()) {
            fields_.push_back({document_, prefix + key, child.value("description", "")});
            add_below(child, prefix + key + ".");
        }
    }
    // Of a row where it is a list, of the choice with fields where there are several.
    void add_below(const Json& rule, const std::string& prefix) {
        const Json& own = resolved(rule);
        add_properties(own, prefix);
        if (own.contains("items")) add_below(own["items"], prefix);
        for (const Json& choice : own.value("anyOf", Json::array())) add_below(choice, prefix);
    }

    const std::string document_;
    const Json root_;
    Fields fields_;
};

// The columns of compare.csv are the fields of a row of compare.json.
Fields csv_columns(const Fields& compared) {
    const std::string rows = kRows;
    Fields columns;
    for (const FieldDoc& field : compared) {
        const bool is_column =
            field.path.rfind(rows, 0) == 0 && field.path.rfind(rows + "configuration", 0) != 0;
        if (!is_column) continue;
        columns.push_back({"compare.csv", field.path.substr(rows.size()), field.what});
    }
    columns.push_back({"compare.csv", "refused", "why the scheme did not run; empty where it did"});
    return columns;
}

// "energy uJ" as "energy", whatever the unit fits the figures; "change against quamba1" too.
std::string canonical(const std::string& asked) {
    constexpr std::size_t kUnit = 3;  // " uJ"
    std::string change = "change against";
    if (asked.rfind(change, 0) == 0) return change;
    const bool unit =
        asked.size() > kUnit && asked.back() == 'J' && asked[asked.size() - kUnit] == ' ';
    return unit ? asked.substr(0, asked.size() - kUnit) : asked;
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_meant(const FieldDoc& field, const std::string& asked) {
    return field.path == asked || ends_with(field.path, "." + asked) || field.document == asked ||
           field.document.rfind(asked + " ", 0) == 0;  // timeline.json and its tracks
}

bool is_below(const FieldDoc& field, const std::string& asked) {
    return field.path.rfind(asked + ".", 0) == 0;
}

}  // namespace

Fields all_fields() {
    Fields fields = SchemaFields("report.json", reports::kReportSchema).fields();
    const Fields compared = SchemaFields("compare.json", reports::kComparisonSchema).fields();
    const Fields columns = csv_columns(compared);
    fields.insert(fields.end(), compared.begin(), compared.end());
    fields.insert(fields.end(), columns.begin(), columns.end());
    for (const ListedField& field : listed_fields()) {
        fields.push_back({field.document, field.path, field.what});
    }
    return fields;
}

Fields find_fields(const std::string& asked) {
    if (asked.empty()) return {};
    const std::string name = canonical(asked);
    const Fields all = all_fields();
    Fields found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), [&](const FieldDoc& field) {
        return is_meant(field, name) || is_below(field, name);
    });
    return found;
}

std::vector<std::string> field_lines(const Fields& fields) {
    if (fields.size() == 1) {
        return {fields[0].path + " (" + fields[0].document + ")", "  " + fields[0].what};
    }
    std::size_t document = 0;
    std::size_t path = 0;
    for (const FieldDoc& field : fields) {
        document = std::max(document, field.document.size());
        path = std::max(path, field.path.size());
    }
    std::vector<std::string> lines;
    for (const FieldDoc& field : fields) {
        std::string line = field.document;
        line.resize(document + 2, ' ');
        line += field.path;
        line.resize(document + path + 4, ' ');
        lines.push_back(line + field.what);
    }
    return lines;
}

}  // namespace mambasic::sim
