// Small traces made by hand through the layout and the writer, without golden: every tensor is
// filled with something valid, and a test then spoils what it is about.
#pragma once

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/writer.h"

namespace mambasic::traces::test {

/// A folder of this process, removed when it ends.
class TempFolder {
public:
    TempFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("mambasic_traces_test_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::string temp_path(const std::string& name) {
    static const TempFolder folder;
    return (folder.path() / name).string();
}

inline TraceInfo small_info(Phase phase = Phase::Prefill) {
    TraceInfo info;
    info.model = "handmade";
    info.family = "mamba1";
    info.scheme = "quamba1";
    info.precision = "w8a8";
    info.phase = phase;
    info.batch = 2;
    info.tokens = 3;
    info.layers = 2;
    info.has_head = true;
    info.record = RecordLevel::All;
    info.dims = {8, 16, 4, 4, 4, 2, 20};  // x_proj and lm_head have padding rows
    info.producer = "test";
    return info;
}

using Bytes = std::vector<char>;
using Spoil = std::function<void(const Tensor&, Bytes&)>;

inline bool ends_with(const std::string& text, const std::string& suffix) {
    return text.size() >= suffix.size() &&
           text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

inline Bytes valid_bytes(const Tensor& tensor) {
    Bytes bytes(tensor.bytes(), 0);
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        char* at = bytes.data() + i * bytes_of(tensor.dtype);
        const float real = 0.25F + static_cast<float>(i % 7);
        const auto wide = static_cast<double>(real);
        const auto half = static_cast<std::uint16_t>(0x3C00U + i % 9);
        const auto token = static_cast<std::int32_t>(i % 20);
        if (tensor.dtype == DType::F32) std::memcpy(at, &real, sizeof(real));
        if (tensor.dtype == DType::F64) std::memcpy(at, &wide, sizeof(wide));
        if (tensor.dtype == DType::F16) std::memcpy(at, &half, sizeof(half));
        if (tensor.dtype == DType::I32) std::memcpy(at, &token, sizeof(token));
    }
    // Weights whose last rows are padding at these dimensions stay zero.
    const bool padded = ends_with(tensor.name, "x_proj.weight") ||
                        ends_with(tensor.name, "out_proj.weight") ||
                        tensor.name == "lm_head.weight";
    if (tensor.dtype == DType::I8 && !padded) {
        for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 251);
    }
    return bytes;
}

inline void write_trace(const std::string& path, const TraceInfo& info, const Spoil& spoil = {}) {
    const std::vector<Tensor> tensors = info.shapes_only ? std::vector<Tensor>{} : layout(info);
    SafetensorsWriter writer(path, metadata_of(info), tensors);
    for (const Tensor& tensor : tensors) {
        Bytes bytes = valid_bytes(tensor);
        if (spoil) spoil(tensor, bytes);
        writer.append(tensor.name, bytes.data(), bytes.size());
    }
    writer.finish();
}

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// A safetensors file from a header's text and the data behind it.
inline std::string container(const std::string& header, const std::string& data = "") {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>((header.size() >> (8 * i)) & 0xFF);
    return out + header + data;
}

}  // namespace mambasic::traces::test
