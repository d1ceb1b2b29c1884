#include "reports/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace mambasic::reports {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path) {
    throw std::runtime_error(path + ": cannot write: " + std::strerror(errno));
}

bool write_all(int file, const std::string& content) {
    std::size_t done = 0;
    while (done < content.size()) {
        const ssize_t n = ::write(file, content.data() + done, content.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += static_cast<std::size_t>(n);
    }
    return true;
}

// Access rights alone do not tell: root has them all, also where nothing can be made.
std::string why_no_file_in(const fs::path& folder) {
    const std::string probe = (folder / (".probe-" + std::to_string(::getpid()))).string();
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return std::strerror(errno);
    ::close(file);
    ::unlink(probe.c_str());
    return "";
}

}  // namespace

void write_file(const std::string& path, const std::string& content) {
    const std::string temporary = path + ".part-" + std::to_string(::getpid());
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) fail(path);
    const bool written = write_all(file, content) && ::fsync(file) == 0;
    const bool closed = ::close(file) == 0;
    if (!written || !closed || ::rename(temporary.c_str(), path.c_str()) != 0) {
        const int why = errno;
        ::unlink(temporary.c_str());
        errno = why;
        fail(path);
    }
}

std::string why_not_writable(const std::string& folder) {
    std::error_code error;
    fs::path nearest = fs::absolute(folder, error);
    fs::path first_made;  // the uppermost folder that is not there yet
    while (!fs::exists(nearest, error) && nearest.has_relative_path()) {
        first_made = nearest;
        nearest = nearest.parent_path();
    }
    if (!fs::is_directory(nearest, error)) return "'" + nearest.string() + "' is not a folder";
    fs::create_directories(folder, error);
    std::string why = error ? error.message() : why_no_file_in(folder);
    if (!first_made.empty()) fs::remove_all(first_made, error);
    return why.empty() ? "" : "'" + folder + "' cannot be written to: " + why;
}

std::string why_not_replaceable(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status) || fs::is_regular_file(status)) return "";
    return "'" + path + "' is " + (fs::is_directory(status) ? "a folder" : "no regular file");
}

}  // namespace mambasic::reports
