// A path of this process and name, removed at the end: ctest runs tests side by side.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace mambasic::cuda_ref {

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& name)
        : path_(testing::TempDir() + "cuda_ref_" + std::to_string(getpid()) + "_" + name) {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::remove(path_.c_str()); }

    const std::string& path() const { return path_; }

private:
    const std::string path_;
};

}  // namespace mambasic::cuda_ref
