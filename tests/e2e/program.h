// Drives the built program as a user does: words in; exit status, stdout, stderr and files out.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mambasic::e2e {

struct Outcome {
    int status = -1;  // exit status; 128 + n when a signal ended it
    std::string out;
    std::string err;
};

using Environment = std::map<std::string, std::string>;

/// Runs `mambasic words...` with stdout and stderr in files, that is, in no terminal.
Outcome mambasic(const std::vector<std::string>& words, const Environment& extra = {});

/// The same with another copy of the program and in another current folder.
struct Start {
    std::string binary;
    std::string folder;
    Environment extra;
};
Outcome mambasic_from(const Start& start, const std::vector<std::string>& words);

/// A folder for one test, empty at first and removed at the end.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path(const std::string& name) const { return (root_ / name).string(); }
    std::vector<std::string> entries() const;  // names, sorted
    /// Writes a file into the folder; returns its path.
    std::string add(const std::string& name, const std::string& content) const;

private:
    std::filesystem::path root_;
};

/// A trace made by `mambasic trace synth` with these options, made anew when the program is newer.
std::string trace(const std::string& name, const std::vector<std::string>& synth_options);
std::string tiny_prefill();  // 2 layers, 2 sequences of 21 tokens, everything recorded
std::string tiny_decode();   // 2 layers, 2 sequences, 5 steps, everything recorded

std::string read_file(const std::string& path);
std::vector<std::string> lines_of(const std::string& text);

}  // namespace mambasic::e2e
