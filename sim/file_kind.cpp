#include "sim/file_kind.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "sim/data_folders.h"

namespace mambasic::sim {

namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kLooked = 4096;

// The length counts up to 100 MB of header: its upper four bytes are zero, which no text has.
bool begins_like_safetensors(const std::string& head) {
    return head.size() > kLengthBytes && head[kLengthBytes] == '{' &&
           std::all_of(head.begin() + 4, head.begin() + kLengthBytes,
                       [](char c) { return c == 0; });
}

bool is_key_line(const std::string& line) {
    const std::size_t colon = line.find(':');
    const bool ends =
        colon + 1 == line.size() || (colon != std::string::npos && line[colon + 1] == ' ');
    return colon > 0 && ends &&
           std::all_of(line.begin(), line.begin() + static_cast<long>(colon), [](unsigned char c) {
               return std::isalnum(c) != 0 || c == '_' || c == '-';
           });
}

bool reads_like_yaml(const std::string& head) {
    std::istringstream lines(head);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#' || line == "---") continue;
        return is_key_line(line);
    }
    return false;
}

}  // namespace

FileKind file_kind(const std::string& path) {
    if (!is_file(path)) return FileKind::Unreadable;
    std::ifstream file(path, std::ios::binary);
    std::string head(kLooked, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (file.bad() || !file.is_open()) return FileKind::Unreadable;
    head.resize(static_cast<std::size_t>(file.gcount()));
    if (begins_like_safetensors(head)) return FileKind::Safetensors;
    return reads_like_yaml(head) ? FileKind::Yaml : FileKind::Other;
}

}  // namespace mambasic::sim
