// A file that is written under another name until it is whole, and is gone where it never is.
#pragma once

#include <fstream>
#include <string>

#include "traces/unfinished_file.h"

namespace mambasic::sim {

class PartialFile {
public:
    explicit PartialFile(std::string path);
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile();  // removes what is not finished

    std::ofstream& out() { return out_; }
    /// The file appears under its name; false where it could not be written.
    bool finish();
    const std::string& path() const { return path_; }

private:
    const std::string path_;
    const std::string temporary_;
    const traces::UnfinishedFile unfinished_;
    std::ofstream out_;
    bool finished_ = false;
};

}  // namespace mambasic::sim
