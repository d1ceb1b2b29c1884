// Writes a safetensors file front to back: the layout is declared first, then the tensors' bytes
// arrive in that order, so a file of any size needs only the memory of the piece in hand.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "traces/sha256.h"
#include "traces/tensor.h"
#include "traces/unfinished_file.h"

namespace mambasic::traces {

class SafetensorsWriter {
public:
    /// A tensor of several elements begins at a multiple of 64 bytes of the file, one of a single
    /// element at a multiple of its size. The format allows no holes, so the gaps are U8 tensors
    /// "trace.pad.K". Adds the metadata key "data_sha256", patched by finish(). A path that is
    /// there and is no regular file is refused.
    SafetensorsWriter(std::string path, std::map<std::string, std::string> metadata,
                      const std::vector<Tensor>& layout);
    SafetensorsWriter(const SafetensorsWriter&) = delete;
    SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;
    ~SafetensorsWriter();  // an unfinished file is removed

    /// The next bytes of tensor `name`; a tensor may come in several pieces.
    void append(const std::string& name, const void* data, std::uint64_t bytes);
    /// Throws TraceError for a whole file, still under its temporary name, that shall not be kept.
    using Accept = std::function<void(const std::string& path)>;
    /// Renames the temporary file to its name; throws when tensors are missing, the disk is full or
    /// `accept` did. What stood under that name is then as it was.
    void finish(const Accept& accept = {});

private:
    void write(const void* data, std::uint64_t bytes);
    void skip_complete();
    void ask(const Accept& accept) const;

    std::string path_;
    std::string temporary_;
    UnfinishedFile unfinished_;
    std::vector<Tensor> layout_;  // with the padding tensors
    std::ofstream out_;
    std::uint64_t hash_position_ = 0;
    std::size_t current_ = 0;
    std::uint64_t written_ = 0;  // bytes of the current tensor
    Sha256 sum_;
    bool finished_ = false;
};

}  // namespace mambasic::traces
