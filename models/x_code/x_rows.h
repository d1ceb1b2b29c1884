// Words of x between the convolution and its readers: the bits. A quantizer and a packer stand
// behind the convolution's SiLU (conv_function.h), an unpacker and a multiplexer of scales in front
// of the SSM core (ssm_function.h, ssd_function.h) and of x_proj (gemm_function.h); this is what
// they have in common, which is why it is nobody's. What the logic costs: dequant_mux_cost.h.
// Spec: ssm.md 8.
// Not modelled: the order in which the words of a row are written.
#pragma once

#include <cstdint>
#include <vector>

#include "models/common/counts.h"
#include "models/x_code/x_use.h"

namespace mambasic::models {

/// Scales by channel; null where the code has none. A dual code of int8 has its low one as int8.
struct XScaleRow {
    const float* int8 = nullptr;
    const float* low = nullptr;
    const float* high = nullptr;
    const float* threshold = nullptr;
};

/// Those of all channels, where there is no table. A Mamba1 layer may have two of int8: what a code
/// was made with, and what it is decoded with, which is the low one of a dual code of int8.
struct XOneScale {
    float int8 = 0;
    float low = 0;
    float high = 0;
};

/// What the convolution makes of x; rows are those of the tile's tokens.
struct XOutput {
    XUse use;
    std::uint64_t channels = 0;     // of x: the tile's first
    XScaleRow scales;               // [channels]; int8 is in ConvTile::output_scales
    float decoding_scale = 0;       // of int8 in FP32 without a table, or 0: what codes, decodes
    std::uint8_t* words = nullptr;  // codes of their own; rows of x_row_bytes()
    std::uint64_t stride = 0;       // bytes between tokens
    std::uint64_t sequence_stride = 0;
    float* values = nullptr;  // x_values(): rows of all channels of the tile, rotated of x alone
    std::uint64_t value_stride = 0;
    std::uint64_t value_sequence_stride = 0;
};

/// x as the SSM or x_proj reads it, where it is not int8.
struct XInput {
    XUse use;
    std::uint64_t channels = 0;           // of x, of which a row holds all
    std::uint64_t first = 0;              // the tile's first of them
    XScaleRow scales;                     // from the tile's first channel on
    XOneScale one;                        // in their place, where there is no table
    const std::uint8_t* words = nullptr;  // the row of the tile's first token
    std::uint64_t stride = 0;             // bytes between tokens
    std::uint64_t sequence_stride = 0;
    const float* values = nullptr;  // x_values(): from the tile's first channel on
    std::uint64_t value_stride = 0;
    std::uint64_t value_sequence_stride = 0;
};

/// What the convolution does to code an element of x; of B and C where they are not int8.
struct XOps {
    std::uint64_t divisions = 0;  // and as many roundings to a code
    std::uint64_t multiplications = 0;
    std::uint64_t comparisons = 0;
    std::uint64_t packs = 0;
};
XOps x_make_ops(const XUse& use);
XOps bc_make_ops(const XUse& use);
/// What decoding takes beside the multiplication by a scale.
void count_decoding(const XUse& use, std::uint64_t elements, Counts& counts);

/// Bytes of the x of one token in memory.
std::uint64_t x_row_bytes(const traces::XCode& code, std::uint64_t channels);
/// What of a row is read for channels first .. first + count: whole blocks of words, and all of a
/// list of flags.
std::uint64_t x_part_bytes(const traces::XCode& code, std::uint64_t channels, std::uint64_t first,
                           std::uint64_t count);

/// A row of words as codes and flags, [channels] each; flags may be null. Not for the formats of
/// 32 bits.
void x_unpack_row(const traces::XCode& code, std::uint64_t channels, const std::uint8_t* words,
                  std::int8_t* codes, std::int8_t* flags);
/// The reverse. Of flags in a list, no more than there is room for.
void x_pack_row(const traces::XCode& code, std::uint64_t channels, const std::int8_t* codes,
                const std::int8_t* flags, std::uint8_t* words);

/// x_proj's codes of `rows` rows of a tile's x, `in.use.requantized()`: [rows][count], from the
/// tile's first channel on.
void x_requantize(const XInput& in, std::uint64_t count, std::uint64_t rows, std::int8_t* codes);

/// The scales of `count` channels of a tile's x: the table's, or copies of the one of each.
class XScaleRows {
public:
    XScaleRows(const XInput& in, std::uint64_t count);
    const XScaleRow& row() const { return row_; }

private:
    std::vector<float> int8_, low_, high_;
    XScaleRow row_;
};

}  // namespace mambasic::models
