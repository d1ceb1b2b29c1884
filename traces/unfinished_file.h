// A file that is being written, so that a signal which ends the program can remove it.
#pragma once

namespace mambasic::traces {

/// While this lives, remove_unfinished_files() removes the file; `path` must live as long.
class UnfinishedFile {
public:
    explicit UnfinishedFile(const char* path);
    UnfinishedFile(const UnfinishedFile&) = delete;
    UnfinishedFile& operator=(const UnfinishedFile&) = delete;
    ~UnfinishedFile();

private:
    const char* const path_;
};

/// May be called in a signal handler. Of more files than a handful, only the first ones.
void remove_unfinished_files() noexcept;

}  // namespace mambasic::traces
