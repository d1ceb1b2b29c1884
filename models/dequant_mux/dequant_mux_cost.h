// Latency and area of what codes x and decodes it again. Its events are counted with the block it
// belongs to: the convolution, the SSM core, the MAC array.
// Not modelled: flags and words that wait for the rest of their block, the one-hot scatter of
// listed flags to lanes; lists of a tile with more sequences than one share the places of their
// tokens.
#pragma once

#include "models/common/cost.h"
#include "models/conv/conv_config.h"
#include "models/dequant_mux/dequant_mux_config.h"
#include "models/gemm/gemm_config.h"
#include "models/ssm/ssm_config.h"
#include "models/x_code/x_use.h"

namespace mambasic::models {

/// Cycles in front of a tile of the SSM core, or of x_proj.
Cycles x_decode_latency(const DequantMuxConfig& config, const XUse& use);
Cycles x_proj_latency(const DequantMuxConfig& config, const XUse& use);

/// What a network asks of x's codes, and the tokens of a tile, each of which has a list of flags.
struct XDemand {
    XUses uses;
    std::uint32_t tile_tokens = 0;
};

/// Behind the convolution's lanes, beside the divider and the quantizer that int8 needs; a chip
/// that makes int8 has none of it.
AreaParts x_quantizer_area(const ConvConfig& config, const XDemand& x);
/// In front of the SSM core's channel lanes.
AreaParts x_decoder_area(const SsmConfig& config, const XDemand& x);
/// In front of the MAC array, or in it.
AreaParts x_proj_area(const GemmConfig& config, const XDemand& x);

}  // namespace mambasic::models
