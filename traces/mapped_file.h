// A file mapped read-only into memory for the lifetime of the object.
// Not handled: another process that shortens the file while it is mapped (the kernel's SIGBUS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mambasic::traces {

class MappedFile {
public:
    /// Throws TraceError when the file cannot be opened or is not a regular file.
    explicit MappedFile(std::string path);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    const std::string& path() const { return path_; }
    const std::byte* data() const { return data_; }
    std::uint64_t size() const { return size_; }

private:
    void unmap() noexcept;

    std::string path_;
    const std::byte* data_ = nullptr;  // null when the file is empty
    std::uint64_t size_ = 0;
};

}  // namespace mambasic::traces
