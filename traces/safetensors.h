// The container: a safetensors file, mapped and checked. What comes out of open() cannot point
// outside the file, overlap or be misaligned; what the tensors mean is the trace's business.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "traces/mapped_file.h"
#include "traces/tensor.h"

namespace mambasic::traces {

class SafetensorsFile {
public:
    /// Throws TraceError "FILE: at byte N: ..." or "FILE: tensor 'x': ...".
    static SafetensorsFile open(const std::string& path);

    const std::string& path() const { return file_.path(); }
    std::uint64_t file_bytes() const { return file_.size(); }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    const std::vector<Tensor>& tensors() const { return tensors_; }  // in file order
    std::string header_sha256() const;  // of the length field and the JSON
    std::string data_sha256() const;    // of everything after the header; reads the whole file

private:
    explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}

    MappedFile file_;
    std::uint64_t data_begin_ = 0;
    std::map<std::string, std::string> metadata_;
    std::vector<Tensor> tensors_;
};

}  // namespace mambasic::traces
