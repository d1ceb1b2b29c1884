#include "sim/data_folders.h"

#include <algorithm>
#include <cstdlib>

#include "models/common/nearest.h"

namespace mambasic::sim {

namespace {

namespace fs = std::filesystem;

constexpr const char* kHomeVariable = "MAMBASIC_HOME";

const char* home_variable() {
    const char* home = std::getenv(kHomeVariable);
    return home == nullptr || *home == '\0' ? nullptr : home;
}

void add_with_ancestors(fs::path folder, std::vector<fs::path>& folders) {
    for (; folder.has_relative_path(); folder = folder.parent_path()) folders.push_back(folder);
}

// As cmake --install lays them out: PREFIX/bin/mambasic and PREFIX/share/mambasic.
fs::path installed_beside(const fs::path& program) {
    return program.parent_path().parent_path() / "share" / "mambasic";
}

// A checkout may have moved since it was built, and the program may have been copied out of it.
std::vector<fs::path> homes() {
    if (const char* home = home_variable()) return {home};
    std::vector<fs::path> folders;
    std::error_code ignored;  // a path that cannot be told is a place less to look at
    add_with_ancestors(fs::current_path(ignored), folders);
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    folders.push_back(installed_beside(program));
    add_with_ancestors(program.parent_path(), folders);
    folders.emplace_back(MAMBASIC_SOURCE_TREE);
    return folders;
}

}  // namespace

bool is_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

std::string shortened(const fs::path& path) {
    std::error_code error;
    const fs::path current = fs::current_path(error);
    const fs::path relative = path.lexically_relative(current);
    const bool below =
        current.has_relative_path() && !relative.empty() && *relative.begin() != "..";
    return below ? relative.string() : path.string();
}

std::vector<fs::path> data_folders(const std::string& part) {
    std::vector<fs::path> found;
    for (const fs::path& home : homes()) {
        const fs::path folder = shortened(home / part);
        std::error_code error;
        const auto is_same = [&](const fs::path& other) {
            return fs::equivalent(folder, other, error);
        };
        if (!fs::is_directory(folder, error)) continue;
        if (std::none_of(found.begin(), found.end(), is_same)) found.push_back(folder);
    }
    return found;
}

fs::path named_file(const std::vector<fs::path>& folders, const std::string& name) {
    if (name.empty() || name.find('/') != std::string::npos) return {};
    for (const fs::path& folder : folders) {
        fs::path file = folder / (name + ".yaml");
        if (is_file(file)) return file;
    }
    return {};
}

std::vector<std::string> names_in(const std::vector<fs::path>& folders) {
    std::vector<std::string> names;
    for (const fs::path& folder : folders) {
        std::error_code error;
        for (const auto& file : fs::directory_iterator(folder, error)) {
            if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string nearest_file(const fs::path& folder, const std::string& path) {
    const fs::path wanted = path;
    const bool anywhere = !wanted.has_parent_path();
    std::vector<std::string> near;
    std::error_code error;
    const fs::recursive_directory_iterator end;
    for (fs::recursive_directory_iterator file(folder, error); file != end; file.increment(error)) {
        if (file.depth() > 0) file.disable_recursion_pending();
        if (file->path().extension() != ".yaml") continue;
        const fs::path name = file->path().lexically_relative(folder);
        if (name.stem() == wanted.stem()) return ", did you mean '" + name.string() + "'?";
        if (anywhere || name.parent_path() == wanted.parent_path()) near.push_back(name.string());
    }
    std::sort(near.begin(), near.end());
    return models::suggestion(path, near);
}

namespace {

// Of the many schemes, the few that the word is the nearest to, and what lists them all.
std::string suggested(const std::string& word, std::vector<std::string> names,
                      const std::string& part) {
    const std::string listing =
        "mambasic explain schemes lists all " + std::to_string(names.size());
    if (part != "hw_config/schemes") return models::suggestion(word, names);
    if (!models::nearest(word, names).empty()) {
        return models::suggestion(word, names) + " " + listing;
    }
    constexpr std::size_t kFew = 3;
    const auto is_nearer = [&](const std::string& one, const std::string& other) {
        return models::edit_distance(word, one) < models::edit_distance(word, other);
    };
    std::stable_sort(names.begin(), names.end(), is_nearer);
    std::string text = "; the nearest are ";
    for (std::size_t i = 0; i < std::min(kFew, names.size()); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return text + "; " + listing;
}

}  // namespace

std::string nearest_in(const std::vector<fs::path>& folders, const std::string& word,
                       const std::string& part) {
    if (folders.empty()) {
        const std::string where =
            home_variable() == nullptr
                ? "the current folder or the program's; set MAMBASIC_HOME to "
                  "the folder that holds it"
                : std::string(home_variable()) + ", which MAMBASIC_HOME names";
        return "; there is no " + part + " in " + where;
    }
    std::string searched;
    for (const fs::path& folder : folders) {
        searched += (searched.empty() ? "" : ", ") + folder.string();
    }
    return suggested(fs::path(word).stem().string(), names_in(folders), part) + " (searched " +
           searched + ")";
}

}  // namespace mambasic::sim
