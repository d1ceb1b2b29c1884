#include "sim/partial_file.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace mambasic::sim {

PartialFile::PartialFile(std::string path)
    : path_(std::move(path)),
      temporary_(path_ + ".partial." + std::to_string(::getpid())),
      unfinished_(temporary_.c_str()),
      out_(temporary_) {}

PartialFile::~PartialFile() {
    if (!finished_) std::remove(temporary_.c_str());
}

bool PartialFile::finish() {
    out_.close();
    finished_ = !out_.fail() && std::rename(temporary_.c_str(), path_.c_str()) == 0;
    return finished_;
}

}  // namespace mambasic::sim
