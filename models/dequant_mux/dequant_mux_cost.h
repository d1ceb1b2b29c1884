// Latency and area of what codes x and decodes it again. Its events are counted with the block it
// belongs to: the convolution, the SSM core, the MAC array.
// Not modelled: the counters of a list of flags, one for each token of a tile.
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

/// Behind the convolution's lanes, beside the divider and the quantizer that int8 needs; a chip
/// that makes int8 has none of it.
AreaParts x_quantizer_area(const ConvConfig& config, const XUses& uses);
/// In front of the SSM core's channel lanes.
AreaParts x_decoder_area(const SsmConfig& config, const XUses& uses);
/// In front of the MAC array, or in it.
AreaParts x_proj_area(const GemmConfig& config, const XUses& uses);

}  // namespace mambasic::models
