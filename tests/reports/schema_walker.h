// Holds a report against reports/report.schema.json.
#pragma once

#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>

namespace mambasic::reports {

// The part of JSON Schema that report.schema.json uses. Returns the first fault, or "".
class SchemaWalker {
public:
    using Json = nlohmann::json;
    explicit SchemaWalker(Json root) : root_(std::move(root)) {}
    std::string fault(const Json& value) const { return fault(root_, value, "$"); }

private:
    static bool has_type(const Json& value, const std::string& type) {
        if (type == "integer") return value.is_number_integer();
        if (type == "number") return value.is_number();
        return std::string(value.type_name()) == type;
    }
    static bool has_some_type(const Json& value, const Json& types) {
        if (types.is_string()) return has_type(value, types);
        for (const Json& type : types) {
            if (has_type(value, type)) return true;
        }
        return false;
    }
    std::string fault(const Json& rule, const Json& value, const std::string& at) const {
        if (rule.contains("$ref")) {
            const std::string ref = rule["$ref"];
            return fault(root_.at(Json::json_pointer(ref.substr(1))), value, at);
        }
        if (rule.contains("anyOf")) {
            std::string last;
            for (const Json& choice : rule["anyOf"]) {
                last = fault(choice, value, at);
                if (last.empty()) return "";
            }
            return last;
        }
        if (rule.contains("const") && rule["const"] != value) return at + " is not the constant";
        if (rule.contains("type") && !has_some_type(value, rule["type"])) {
            return at + " is a " + value.type_name();
        }
        if (rule.contains("minimum") && value < rule["minimum"]) return at + " is too small";
        if (rule.contains("maximum") && value > rule["maximum"]) return at + " is too large";
        if (rule.contains("pattern") && value.is_string() &&
            !std::regex_search(value.get<std::string>(),
                               std::regex(std::string(rule["pattern"])))) {
            return at + " does not match its pattern";
        }
        return value.is_object() ? object_fault(rule, value, at) : array_fault(rule, value, at);
    }
    std::string object_fault(const Json& rule, const Json& value, const std::string& at) const {
        for (const Json& key : rule.value("required", Json::array())) {
            if (!value.contains(key.get<std::string>())) return at + " lacks " + key.dump();
        }
        const Json known = rule.value("properties", Json::object());
        const Json other = rule.value("additionalProperties", Json(false));
        for (const auto& [key, child] : value.items()) {
            const bool is_known = known.contains(key);
            if (!is_known && other.is_boolean()) return at + " has the unknown key " + key;
            const std::string found = fault(is_known ? known[key] : other, child, at + "." + key);
            if (!found.empty()) return found;
        }
        return "";
    }
    std::string array_fault(const Json& rule, const Json& value, const std::string& at) const {
        if (!value.is_array()) return "";
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string found =
                fault(rule.at("items"), value[i], at + "[" + std::to_string(i) + "]");
            if (!found.empty()) return found;
        }
        return "";
    }
    const Json root_;
};

}  // namespace mambasic::reports
