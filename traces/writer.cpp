#include "traces/writer.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "traces/error.h"

namespace mambasic::traces {

namespace {

constexpr std::uint64_t kAlignment = 64;  // a cache line, and the widest vector load
const std::string kHashKey = "data_sha256";
const std::string kPadPrefix = "trace.pad.";

std::uint64_t padding(std::uint64_t position, std::uint64_t alignment) {
    return (alignment - position % alignment) % alignment;
}

// The header's length is a multiple of the alignment, so data positions align like file positions.
std::vector<Tensor> with_padding(const std::vector<Tensor>& layout) {
    std::vector<Tensor> out;
    std::uint64_t position = 0;
    std::uint64_t pads = 0;
    for (const Tensor& tensor : layout) {
        const std::uint64_t unit = tensor.elements() == 1 ? bytes_of(tensor.dtype) : kAlignment;
        const std::uint64_t gap = padding(position, unit);
        if (gap > 0) {
            out.push_back({kPadPrefix + std::to_string(pads++), DType::U8, {gap}, nullptr});
            position += gap;
        }
        out.push_back({tensor.name, tensor.dtype, tensor.shape, nullptr});
        position += tensor.bytes();
    }
    return out;
}

std::string header_text(const std::map<std::string, std::string>& metadata,
                        const std::vector<Tensor>& layout) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    header["__metadata__"] = metadata;
    std::uint64_t position = 0;
    std::string text = header.dump();
    text.pop_back();  // reopened: ordered_json searches linearly, too slow for thousands of keys
    for (const Tensor& tensor : layout) {
        nlohmann::ordered_json entry;
        entry["dtype"] = name_of(tensor.dtype);
        entry["shape"] = tensor.shape;
        entry["data_offsets"] = {position, position + tensor.bytes()};
        text += "," + nlohmann::json(tensor.name).dump() + ":" + entry.dump();
        position += tensor.bytes();
    }
    text += "}";
    text.append(padding(sizeof(std::uint64_t) + text.size(), kAlignment), ' ');
    return text;
}

// finish() renames onto the path: a device or a pipe would be gone, a file in its place.
std::string refuse_special(std::string path) {
    std::error_code unreadable;
    const auto status = std::filesystem::status(path, unreadable);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw TraceError(path + ": is no regular file and will not be replaced");
    }
    return path;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(std::string path, std::map<std::string, std::string> metadata,
                                     const std::vector<Tensor>& layout)
    : path_(refuse_special(std::move(path))),
      temporary_(path_ + ".partial." + std::to_string(::getpid())),
      unfinished_(temporary_.c_str()),
      layout_(with_padding(layout)),
      out_(temporary_, std::ios::binary | std::ios::trunc) {
    if (!out_) throw TraceError(path_ + ": cannot create '" + temporary_ + "'");
    metadata[kHashKey] = std::string(64, '0');
    const std::string text = header_text(metadata, layout_);
    const std::string marker = "\"" + kHashKey + "\":\"";
    hash_position_ = sizeof(std::uint64_t) + text.find(marker) + marker.size();
    std::array<char, sizeof(std::uint64_t)> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
        length[i] = static_cast<char>((text.size() >> (8 * i)) & 0xFF);
    }
    out_.write(length.data(), static_cast<std::streamsize>(length.size()));
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    skip_complete();
}

SafetensorsWriter::~SafetensorsWriter() {
    if (finished_) return;
    out_.close();
    std::remove(temporary_.c_str());
}

void SafetensorsWriter::write(const void* data, std::uint64_t bytes) {
    out_.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    if (!out_) throw TraceError(path_ + ": cannot write (disk full?)");
    sum_.update(data, bytes);
}

// Moves past the tensors that need no more bytes: padding, empty ones, the one just completed.
void SafetensorsWriter::skip_complete() {
    static const std::array<char, kAlignment> kZeros{};
    while (current_ < layout_.size()) {
        const Tensor& tensor = layout_[current_];
        const bool pad = tensor.name.rfind(kPadPrefix, 0) == 0;
        if (pad) write(kZeros.data(), tensor.bytes());
        if (!pad && written_ < tensor.bytes()) return;
        ++current_;
        written_ = 0;
    }
}

void SafetensorsWriter::append(const std::string& name, const void* data, std::uint64_t bytes) {
    const std::string wanted = current_ < layout_.size() ? layout_[current_].name : "nothing more";
    if (name != wanted) {
        throw std::logic_error("trace writer: got '" + name + "', the layout expects '" + wanted +
                               "'");
    }
    if (bytes > layout_[current_].bytes() - written_) {
        throw std::logic_error("trace writer: more bytes for '" + name + "' than its shape holds");
    }
    write(data, bytes);
    written_ += bytes;
    skip_complete();
}

void SafetensorsWriter::ask(const Accept& accept) const {
    try {
        accept(temporary_);
    } catch (const TraceError& error) {
        std::string what = error.what();
        if (what.rfind(temporary_, 0) == 0) what = path_ + what.substr(temporary_.size());
        throw TraceError(what + "; it was not written");
    }
}

void SafetensorsWriter::finish(const Accept& accept) {
    if (current_ < layout_.size()) {
        throw std::logic_error("trace writer: '" + layout_[current_].name + "' is incomplete");
    }
    const std::string digest = sum_.finish();
    out_.seekp(static_cast<std::streamoff>(hash_position_));
    out_.write(digest.data(), static_cast<std::streamsize>(digest.size()));
    out_.close();
    if (!out_) throw TraceError(path_ + ": cannot write (disk full?)");
    if (accept) ask(accept);
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
        throw TraceError(path_ + ": cannot rename '" + temporary_ + "' to it");
    }
    finished_ = true;
}

}  // namespace mambasic::traces
