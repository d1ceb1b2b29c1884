// A W4 trace written again in upstream's packed words, from FORMAT.md's closed form.
#pragma once

#include <array>
#include <string>

#include "handmade_trace.h"
#include "traces/w4.h"

namespace mambasic::traces::test {

constexpr std::array<unsigned, 8> kNibbles{0, 2, 4, 6, 1, 3, 5, 7};

/// The code u of element `index` of two to a byte.
inline std::uint32_t plain_nibble(const Tensor& tensor, std::uint64_t index) {
    return tensor.as<std::uint8_t>()[index / 2] >> (4 * (index % 2)) & 15U;
}

inline Bytes packed_weight(const Tensor& plain, const Tensor& packed) {
    Bytes out(packed.bytes());
    const std::uint64_t width = packed.shape[1];
    const std::uint64_t k = plain.shape[1] * 2;
    for (std::uint64_t i = 0; i < packed.elements(); ++i) {
        const std::uint64_t column = i % width;
        const std::uint64_t lane = column % 128 / 4;
        std::uint32_t word = 0;
        for (unsigned t = 0; t < 8; ++t) {
            const unsigned m = kNibbles[t];
            const std::uint64_t row = 16 * (i / width) + 4 * (lane % 4) + m % 4;
            const std::uint64_t n =
                64 * (column / 128) + 16 * (column % 4) + lane / 4 + 8 * (m / 4);
            word |= plain_nibble(plain, n * k + row) << (4 * t);
        }
        put(out, i, word);
    }
    return out;
}

inline Bytes packed_embedding(const Tensor& plain, const Tensor& packed) {
    Bytes out(packed.bytes());
    for (std::uint64_t i = 0; i < packed.elements(); ++i) {
        std::uint32_t word = 0;
        for (unsigned t = 0; t < 8; ++t) {
            word |= plain_nibble(plain, 8 * i + kNibbles[t]) << (4 * t);
        }
        put(out, i, word);
    }
    return out;
}

inline Bytes packed_s_group(const Tensor& plain) {
    Bytes out(plain.bytes());
    for (std::uint64_t i = 0; i < plain.elements(); ++i) {
        const std::uint64_t in_block = i % 64;  // rows are multiples of 64 columns
        put(out, i, plain.as<std::uint16_t>()[i - in_block + in_block / 8 + 8 * (in_block % 8)]);
    }
    return out;
}

inline Bytes packed_s_channel(const Tensor& plain) {
    constexpr std::array<unsigned, 8> kColumns{0, 1, 8, 9, 16, 17, 24, 25};
    Bytes out(plain.bytes());
    for (std::uint64_t i = 0; i < plain.elements(); ++i) {
        const std::uint64_t in_block = i % 32;
        put(out, i, plain.as<float>()[i - in_block + 2 * (in_block / 8) + kColumns[in_block % 8]]);
    }
    return out;
}

inline Trace packed_copy(const Trace& trace, const std::string& name) {
    TraceInfo info = trace.info();
    info.packed_w4 = true;
    const std::vector<Tensor> tensors = layout(info);
    SafetensorsWriter writer(temp_path(name), metadata_of(info), tensors);
    for (const Tensor& tensor : tensors) {
        const Tensor& plain = *trace.find(tensor.name);
        Bytes bytes(plain.bytes());
        std::memcpy(bytes.data(), plain.data, bytes.size());
        if (tensor.dtype != plain.dtype) {
            const bool embedding = ends_with(tensor.name, "embedding.weight");
            bytes = embedding ? packed_embedding(plain, tensor) : packed_weight(plain, tensor);
        }
        if (ends_with(tensor.name, ".s_group")) bytes = packed_s_group(plain);
        if (ends_with(tensor.name, ".s_channel")) bytes = packed_s_channel(plain);
        writer.append(tensor.name, bytes.data(), bytes.size());
    }
    writer.finish();
    return Trace::open(temp_path(name));
}

}  // namespace mambasic::traces::test
