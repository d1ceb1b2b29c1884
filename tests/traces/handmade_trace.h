// Small traces made by hand through the layout and the writer, without golden: every tensor is
// filled with something valid, and a test then spoils what it is about.
#pragma once

#include <unistd.h>

#include <algorithm>
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

/// Mamba2 with two SSD groups of four heads; in_proj has 584 columns, so it has padding in W4
/// (640) and in W8 (592).
inline TraceInfo mamba2_info(const std::string& precision = "w8a8",
                             const std::string& scheme = "quamba2") {
    TraceInfo info = small_info();
    info.family = "mamba2";
    info.precision = precision;
    info.scheme = scheme;
    info.dims = {128, 256, 16, 4, 0, 2, 20, Family::Mamba2, 8, 32, 2, 8};
    if (info.grouped()) info.groups = {2, 3, 2};
    return info;
}

/// Mamba1 with a table: 64 channels count as four heads.
inline TraceInfo grouped_mamba1_info() {
    TraceInfo info = small_info();
    info.scheme = "quamba2";
    info.dims = {32, 64, 4, 4, 4, 2, 20};
    info.groups = {1, 3, 2};
    return info;
}

/// Mamba1 with 4-bit weights; x_proj, W4 too, has 40 columns of 64.
inline TraceInfo mamba1_w4_info() {
    TraceInfo info = small_info();
    info.precision = "w4a8";
    info.dims = {128, 256, 16, 4, 8, 2, 20};
    return info;
}

using Bytes = std::vector<char>;
using Spoil = std::function<void(const Tensor&, Bytes&)>;

inline bool ends_with(const std::string& text, const std::string& suffix) {
    return text.size() >= suffix.size() &&
           text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

/// Columns of a linear that a name's tensor belongs to, 0 for any other tensor.
inline std::uint64_t columns_of(const TraceInfo& info, const std::string& name) {
    std::vector<LinearShape> linears{lm_head_shape(info)};
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        for (const LinearShape& linear : linear_shapes(info, index)) linears.push_back(linear);
    }
    for (const LinearShape& linear : linears) {
        if (name.rfind(linear.key + ".", 0) == 0) return linear.n;
    }
    return 0;
}

template <typename T>
void put(Bytes& bytes, std::uint64_t index, T value) {
    std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

/// Where upstream stores the group scale of a column.
inline std::uint64_t packed_place(std::uint64_t column) {
    const std::uint64_t i = column % 8;
    const std::uint64_t j = column % 64 / 8;
    return column / 64 * 64 + 8 * i + j;
}

/// Integers of 32 bits: tokens, group ends (heads 1, 2, 4; dims 5, all), and words of codes.
inline void fill_integers(const TraceInfo& info, const Tensor& tensor, Bytes& bytes) {
    static const std::vector<std::int32_t> kHeads{1, 2, 4};
    const std::vector<std::int32_t> dims{5, static_cast<std::int32_t>(info.dims.table_head_dim())};
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        auto value = static_cast<std::int32_t>(i % 20);
        if (ends_with(tensor.name, "x_head_group_range")) value = kHeads[i % kHeads.size()];
        if (ends_with(tensor.name, "x_dim_group_range")) value = dims[i % dims.size()];
        if (ends_with(tensor.name, ".weight")) value = static_cast<std::int32_t>(i * 0x9E3779B1U);
        put(bytes, i, value);
    }
}

inline void zero_padding(const TraceInfo& info, const Tensor& tensor, Bytes& bytes) {
    const std::uint64_t used = columns_of(info, tensor.name);
    if (tensor.dtype == DType::I8 && ends_with(tensor.name, ".weight") && used > 0) {
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(used * tensor.shape[1]), bytes.end(),
                  char{0});
    }
    if (!ends_with(tensor.name, ".s_group")) return;
    for (std::uint64_t row = 0; row < tensor.shape[0]; ++row) {
        for (std::uint64_t column = used; column < tensor.shape[1]; ++column) {
            const std::uint64_t place = info.packed_w4 ? packed_place(column) : column;
            put(bytes, row * tensor.shape[1] + place, std::uint16_t{0});
        }
    }
}

inline Bytes valid_bytes(const TraceInfo& info, const Tensor& tensor) {
    Bytes bytes(tensor.bytes(), 0);
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        const float real = 0.25F + static_cast<float>(i % 7);
        if (tensor.dtype == DType::F32) put(bytes, i, real);
        if (tensor.dtype == DType::F64) put(bytes, i, static_cast<double>(real));
        if (tensor.dtype == DType::F16) put(bytes, i, static_cast<std::uint16_t>(0x3C00U + i % 9));
        // Any code of x has the codes 0 and 1.
        const bool of_x =
            ends_with(tensor.name, "conv1d.codes") || ends_with(tensor.name, "conv1d.flags");
        if (tensor.dtype == DType::I8) bytes[i] = static_cast<char>(i % (of_x ? 2 : 251));
        if (tensor.dtype == DType::U8) bytes[i] = static_cast<char>((i * 0x9E3779B1U) >> 24);
    }
    if (tensor.dtype == DType::I32) fill_integers(info, tensor, bytes);
    zero_padding(info, tensor, bytes);
    return bytes;
}

inline void write_trace(const std::string& path, const TraceInfo& info, const Spoil& spoil = {},
                        const std::vector<Tensor>& more = {}) {
    std::vector<Tensor> tensors = info.shapes_only ? std::vector<Tensor>{} : layout(info);
    tensors.insert(tensors.end(), more.begin(), more.end());
    SafetensorsWriter writer(path, metadata_of(info), tensors);
    for (const Tensor& tensor : tensors) {
        Bytes bytes = valid_bytes(info, tensor);
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
