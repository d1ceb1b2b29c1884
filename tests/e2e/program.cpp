#include "tests/e2e/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace mambasic::e2e {
namespace {

namespace fs = std::filesystem;

// AddressSanitizer does not know the stacks of coroutines and says so in three lines
// (google/sanitizers issue 189) that are no words of the program.
std::string without_stack_warnings(std::string err) {
#if defined(__SANITIZE_ADDRESS__)
    const std::string last = "google/sanitizers/issues/189\n";
    for (std::size_t from = err.find("WARNING: ASan is ignoring"); from != std::string::npos;
         from = err.find("WARNING: ASan is ignoring")) {
        const std::size_t line = err.rfind('\n', from);
        const std::size_t begin = line == std::string::npos ? 0 : line + 1;
        const std::size_t end = err.find(last, from);
        if (end == std::string::npos) break;
        err.erase(begin, end + last.size() - begin);
    }
#endif
    return err;
}

[[noreturn]] void become(const std::vector<std::string>& words, const Start& start,
                         const std::string& out, const std::string& err) {
    ::unsetenv("MAMBASIC_HOME");
    for (const auto& [name, value] : start.extra) ::setenv(name.c_str(), value.c_str(), 1);
    ::unsetenv("SC_COPYRIGHT_MESSAGE");  // as in a user's shell
    const int out_file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int err_file = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(out_file, STDOUT_FILENO);
    ::dup2(err_file, STDERR_FILENO);
    std::vector<char*> argv = {const_cast<char*>(start.binary.c_str())};
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (::chdir(start.folder.c_str()) == 0) ::execv(start.binary.c_str(), argv.data());
    ::_exit(127);
}

}  // namespace

Outcome mambasic(const std::vector<std::string>& words, const Environment& extra) {
    return mambasic_from({MAMBASIC_BINARY, ".", extra}, words);
}

Outcome mambasic_from(const Start& start, const std::vector<std::string>& words) {
    const Folder folder;
    const std::string out = folder.path("out");
    const std::string err = folder.path("err");
    const pid_t child = ::fork();
    if (child == 0) become(words, start, out, err);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("no child");
    Outcome outcome;
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = read_file(out);
    outcome.err = without_stack_warnings(read_file(err));
    return outcome;
}

Folder::Folder() {
    std::string name = (fs::temp_directory_path() / "mambasic-e2e-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    root_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

std::vector<std::string> Folder::entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string Folder::add(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
}

std::string trace(const std::string& name, const std::vector<std::string>& synth_options) {
    const fs::path file = fs::path(MAMBASIC_E2E_TRACES) / (name + ".safetensors");
    if (fs::exists(file) && fs::last_write_time(file) > fs::last_write_time(MAMBASIC_BINARY)) {
        return file.string();
    }
    fs::create_directories(file.parent_path());
    std::vector<std::string> words = {"trace", "synth", "--out", file.string()};
    words.insert(words.end(), synth_options.begin(), synth_options.end());
    const Outcome made = mambasic(words);
    if (made.status != 0) throw std::runtime_error("trace synth: " + made.err);
    return file.string();
}

std::string tiny_prefill() {
    return trace("tiny-prefill", {"--model", "tiny", "--phase", "prefill", "--tokens", "21",
                                  "--batch", "2", "--seed", "7", "--record", "all"});
}

std::string tiny_decode() {
    return trace("tiny-decode", {"--model", "tiny", "--phase", "decode", "--tokens", "5", "--batch",
                                 "2", "--seed", "8", "--prompt", "9", "--record", "all"});
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace mambasic::e2e
