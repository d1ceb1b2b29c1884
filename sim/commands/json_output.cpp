#include "sim/commands/json_output.h"

#include <filesystem>
#include <sstream>
#include <vector>

#include "models/common/yaml_scalar.h"

namespace mambasic::sim {
namespace {

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells{""};
    for (const char c : line) {
        if (c == ',') {
            cells.emplace_back();
        } else {
            cells.back() += c;
        }
    }
    return cells;
}

}  // namespace

void add_json_option(boost::program_options::options_description& options) {
    options.add_options()("json", boost::program_options::bool_switch(),
                          "print one JSON document in place of the text");
}

std::string json_document(const char* schema, const Json& fields) {
    Json document = {{"schema", schema}};
    for (const auto& [key, value] : fields.items()) document[key] = value;
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string written_document(const std::string& path, const Json& more) {
    Json fields = {{"file", path}, {"file_bytes", std::filesystem::file_size(path)}};
    for (const auto& [key, value] : more.items()) fields[key] = value;
    return json_document("mambasic-written/1", fields);
}

Json json_word(const std::string& text) {
    constexpr std::size_t kExactDigits = 15;  // of a double; what is longer is a hash
    if (text == "true" || text == "false") return text == "true";
    if (text.size() > kExactDigits) return text;
    const auto integer = models::parse_integer(text);
    if (integer.value) return *integer.value;
    const auto number = models::parse_number(text);
    return number.value ? Json(*number.value) : Json(text);
}

Json json_rows(const std::string& csv) {
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    const std::vector<std::string> names = split(line);
    Json rows = Json::array();
    while (std::getline(lines, line)) {
        const std::vector<std::string> cells = split(line);
        Json row = Json::object();
        for (std::size_t i = 0; i < names.size(); ++i) {
            const bool empty = i >= cells.size() || cells[i].empty();
            row[names[i]] = empty ? Json(nullptr) : json_word(cells[i]);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace mambasic::sim
