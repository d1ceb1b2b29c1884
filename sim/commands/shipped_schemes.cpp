#include "sim/commands/shipped_schemes.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "models/common/error.h"
#include "sim/data_folders.h"
#include "sim/scheme.h"

namespace mambasic::sim {

namespace {

using Names = std::vector<std::string>;

constexpr const char* kForEditors = "# yaml-language-server:";  // names the file's schema

std::string joined(const Names& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string first_sentence(const std::string& file) {
    std::ifstream in(file);
    std::string text;
    for (std::string line; std::getline(in, line) && line.rfind('#', 0) == 0;) {
        if (line.rfind(kForEditors, 0) == 0) continue;
        const std::size_t begin = line.find_first_not_of("# ");
        if (begin != std::string::npos) text += (text.empty() ? "" : " ") + line.substr(begin);
    }
    const std::size_t end = text.find(". ");
    return end == std::string::npos ? text : text.substr(0, end + 1);
}

}  // namespace

Names ShippedScheme::values(const std::string& key) const {
    Names found;
    for (const models::KeyDoc& doc : docs) {
        if (doc.path.substr(doc.path.rfind('.') + 1) != key) continue;
        if (std::find(found.begin(), found.end(), doc.value) == found.end()) {
            found.push_back(doc.value);
        }
    }
    return found;
}

std::vector<ShippedScheme> shipped_schemes() {
    const std::vector<std::filesystem::path> folders = data_folders("hw_config/schemes");
    std::vector<ShippedScheme> schemes;
    for (const std::string& name : names_in(folders)) {
        ShippedScheme scheme{name, "", {}};
        try {
            const Scheme read = Scheme::load(named_file(folders, name).string(), &scheme.docs);
            scheme.about = first_sentence(read.file);
        } catch (const models::UserError&) {
            continue;
        }
        schemes.push_back(std::move(scheme));
    }
    return schemes;
}

Names scheme_list() {
    const std::vector<ShippedScheme> schemes = shipped_schemes();
    std::size_t name_width = 0;
    std::size_t code_width = 0;
    for (const ShippedScheme& scheme : schemes) {
        name_width = std::max(name_width, scheme.name.size());
        code_width = std::max(code_width, joined(scheme.values("code")).size());
    }
    Names lines = {
        "Schemes of hw_config/schemes, the code of x, what each is; --scheme takes a "
        "name or a file"};
    for (const ShippedScheme& scheme : schemes) {
        std::string name = scheme.name;
        std::string code = joined(scheme.values("code"));
        name.resize(name_width + 2, ' ');
        code.resize(code_width + 2, ' ');
        lines.push_back(std::string("  ").append(name).append(code).append(scheme.about));
    }
    return lines;
}

Names users_of_values(const std::string& key) {
    std::map<std::string, Names> users;
    for (const ShippedScheme& scheme : shipped_schemes()) {
        for (const std::string& value : scheme.values(key)) users[value].push_back(scheme.name);
    }
    Names lines;
    for (const auto& [value, names] : users) lines.push_back(value + ": " + joined(names));
    return lines;
}

}  // namespace mambasic::sim
