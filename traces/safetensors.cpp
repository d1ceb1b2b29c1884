#include "traces/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "traces/error.h"
#include "traces/sha256.h"

namespace mambasic::traces {

namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference reader

struct Placed {
    Tensor tensor;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

std::uint64_t header_length(const MappedFile& file) {
    if (file.size() < kLengthBytes) {
        throw error_at_byte(file.path(), file.size(), "file ends inside the 8-byte header length");
    }
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
        length = (length << 8) | static_cast<std::uint64_t>(file.data()[i]);
    if (length > kMaxHeaderBytes) {
        throw error_at_byte(file.path(), 0,
                            "header length " + std::to_string(length) + " exceeds " +
                                std::to_string(kMaxHeaderBytes));
    }
    if (length > file.size() - kLengthBytes) {
        throw error_at_byte(file.path(), file.size(),
                            "file ends inside the header, which needs " +
                                std::to_string(kLengthBytes + length) + " bytes");
    }
    return length;
}

// nlohmann keeps the last of two equal keys without a word; this refuses them while parsing.
class KeyGuard {
public:
    explicit KeyGuard(const std::string& path) : path_(path) {}

    void see(json::parse_event_t event, const json& parsed) {
        constexpr std::size_t kDeepest = 4;
        if (event == json::parse_event_t::object_start) keys_.emplace_back();
        if (event == json::parse_event_t::object_end) keys_.pop_back();
        if (keys_.size() > kDeepest) throw TraceError(path_ + ": header JSON is nested too deeply");
        if (event != json::parse_event_t::key) return;
        const auto& key = parsed.get_ref<const std::string&>();
        if (!keys_.back().insert(key).second) {
            throw error_in_tensor(path_, key, "duplicate key in the header");
        }
    }

private:
    const std::string& path_;
    std::vector<std::set<std::string>> keys_;
};

json parse_header(const MappedFile& file, std::uint64_t length) {
    const char* begin = reinterpret_cast<const char*>(file.data()) + kLengthBytes;
    KeyGuard guard(file.path());
    const auto watch = [&guard](int, json::parse_event_t event, json& parsed) {
        guard.see(event, parsed);
        return true;
    };
    try {
        json header = json::parse(begin, begin + length, watch);
        if (!header.is_object()) {
            throw error_at_byte(file.path(), kLengthBytes, "header is not a JSON object");
        }
        return header;
    } catch (const json::parse_error& error) {
        // error.byte counts from 1 within the header.
        const std::uint64_t byte = kLengthBytes + (error.byte > 0 ? error.byte - 1 : 0);
        throw error_at_byte(file.path(), byte, "header is not valid JSON");
    } catch (const json::exception&) {
        throw error_at_byte(file.path(), kLengthBytes, "header holds a number out of range");
    }
}

DType dtype_of(const std::string& path, const std::string& name, const json& entry) {
    static const std::vector<DType> kKnown{DType::I8,  DType::U8,  DType::I32, DType::I64,
                                           DType::F16, DType::F32, DType::F64};
    if (!entry.is_string()) throw error_in_tensor(path, name, "'dtype' is not a string");
    const auto& spelled = entry.get_ref<const std::string&>();
    for (const DType dtype : kKnown) {
        if (spelled == name_of(dtype)) return dtype;
    }
    throw error_in_tensor(path, name,
                          "unknown dtype '" + spelled + "'; known: I8 U8 I32 I64 F16 F32 F64");
}

std::vector<std::uint64_t> naturals(const std::string& path, const std::string& name,
                                    const std::string& key, const json& entry) {
    if (!entry.is_array()) throw error_in_tensor(path, name, "'" + key + "' is not a list");
    std::vector<std::uint64_t> values;
    for (const json& item : entry) {
        if (!item.is_number_unsigned()) {
            throw error_in_tensor(path, name,
                                  "'" + key + "' holds something that is not a whole number >= 0");
        }
        values.push_back(item.get<std::uint64_t>());
    }
    return values;
}

std::uint64_t checked_bytes(const std::string& path, const Tensor& tensor) {
    std::uint64_t bytes = bytes_of(tensor.dtype);
    for (const std::uint64_t extent : tensor.shape) {
        if (__builtin_mul_overflow(bytes, extent, &bytes)) {
            throw error_in_tensor(path, tensor.name, "its shape's product overflows 64 bits");
        }
    }
    return bytes;
}

Placed parse_tensor(const std::string& path, const std::string& name, const json& entry,
                    std::uint64_t data_bytes) {
    if (!entry.is_object()) throw error_in_tensor(path, name, "its entry is not a JSON object");
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
        if (!entry.contains(key))
            throw error_in_tensor(path, name, std::string("no '") + key + "'");
    }
    if (entry.size() != 3) {
        throw error_in_tensor(path, name, "keys other than dtype, shape and data_offsets");
    }
    Placed placed;
    placed.tensor.name = name;
    placed.tensor.dtype = dtype_of(path, name, entry["dtype"]);
    placed.tensor.shape = naturals(path, name, "shape", entry["shape"]);
    const auto offsets = naturals(path, name, "data_offsets", entry["data_offsets"]);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
        throw error_in_tensor(path, name, "'data_offsets' is not [begin, end] with begin <= end");
    }
    placed.begin = offsets[0];
    placed.end = offsets[1];
    const std::uint64_t wanted = checked_bytes(path, placed.tensor);
    if (placed.end - placed.begin != wanted) {
        throw error_in_tensor(path, name,
                              "data_offsets span " + std::to_string(placed.end - placed.begin) +
                                  " bytes, its shape and dtype need " + std::to_string(wanted));
    }
    if (placed.end > data_bytes) {
        throw error_in_tensor(path, name,
                              "ends at data byte " + std::to_string(placed.end) +
                                  ", the file holds " + std::to_string(data_bytes) +
                                  " bytes of data");
    }
    return placed;
}

std::map<std::string, std::string> parse_metadata(const std::string& path, const json& entry) {
    if (!entry.is_object()) throw TraceError(path + ": '__metadata__' is not a JSON object");
    std::map<std::string, std::string> metadata;
    for (const auto& item : entry.items()) {
        if (!item.value().is_string()) {
            throw error_in_metadata(path, item.key(), "is not a string");
        }
        metadata[item.key()] = item.value().get<std::string>();
    }
    return metadata;
}

// The format's rule: the tensors tile the data region, without a hole and without overlap.
void require_tiling(const std::string& path, const std::vector<Placed>& placed,
                    std::uint64_t data_begin, std::uint64_t data_bytes) {
    std::uint64_t expected = 0;
    for (const Placed& item : placed) {
        if (item.begin != expected) {
            const std::string how =
                item.begin < expected ? "overlaps the tensor before it" : "leaves a hole before it";
            throw error_in_tensor(path, item.tensor.name,
                                  how + " (begins at data byte " + std::to_string(item.begin) +
                                      ", expected " + std::to_string(expected) + ")");
        }
        if ((data_begin + item.begin) % bytes_of(item.tensor.dtype) != 0) {
            throw error_in_tensor(path, item.tensor.name,
                                  "not aligned to its element size; write the file again with the "
                                  "tensors ordered by falling element size");
        }
        expected = item.end;
    }
    if (expected != data_bytes) {
        throw error_at_byte(path, data_begin + expected,
                            std::to_string(data_bytes - expected) +
                                " bytes after the last tensor belong to nothing");
    }
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::string& path) {
    SafetensorsFile out{MappedFile(path)};
    const std::uint64_t length = header_length(out.file_);
    const json header = parse_header(out.file_, length);
    out.data_begin_ = kLengthBytes + length;
    const std::uint64_t data_bytes = out.file_.size() - out.data_begin_;
    std::vector<Placed> placed;
    for (const auto& item : header.items()) {
        if (item.key() == "__metadata__") {
            out.metadata_ = parse_metadata(path, item.value());
        } else {
            placed.push_back(parse_tensor(path, item.key(), item.value(), data_bytes));
        }
    }
    std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
        return std::tie(a.begin, a.end, a.tensor.name) < std::tie(b.begin, b.end, b.tensor.name);
    });
    require_tiling(path, placed, out.data_begin_, data_bytes);
    for (Placed& item : placed) {
        item.tensor.data = out.file_.data() + out.data_begin_ + item.begin;
        out.tensors_.push_back(std::move(item.tensor));
    }
    return out;
}

std::string SafetensorsFile::header_sha256() const { return sha256_hex(file_.data(), data_begin_); }

std::string SafetensorsFile::data_sha256() const {
    return sha256_hex(file_.data() + data_begin_, file_.size() - data_begin_);
}

}  // namespace mambasic::traces
