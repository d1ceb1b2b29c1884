// A chip, composed from YAML: the chip file (over the file it extends), its technology card, its
// DRAM and the overrides of --set. Immutable, and it cannot be wrong: parse refused it otherwise.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "golden/arithmetic.h"
#include "models/common/technology.h"
#include "models/conv/conv_config.h"
#include "models/dequant_mux/dequant_mux_config.h"
#include "models/dma/dma_config.h"
#include "models/dram/dram_config.h"
#include "models/embedding/embedding_config.h"
#include "models/gated_norm/gated_norm_config.h"
#include "models/gemm/gemm_config.h"
#include "models/hadamard/hadamard_config.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/norm/norm_config.h"
#include "models/rotation/rotation_config.h"
#include "models/scale_table/scale_table_config.h"
#include "models/sram/sram_config.h"
#include "models/ssm/ssm_config.h"

namespace mambasic::sim {

enum class Fusion {
    None,   // every op writes its result to DRAM and the next reads it back
    Layer,  // token tiles stream from block to block; only what does not fit spills
};

struct ScheduleConfig {
    Fusion fusion = Fusion::Layer;
    std::uint32_t tile_tokens = 0;     // tokens of a tile, per sequence
    double time_slack_percent = 0;     // time that may be given for less DRAM traffic
    std::uint32_t row_skew_banks = 0;  // of activation_sram, from row to row of a tensor
    static ScheduleConfig parse(models::YamlMap map);
};

struct ArithmeticConfig {
    arith::Softplus softplus = arith::Softplus::Log1p;
    bool quamba_quirks = false;
    static ArithmeticConfig parse(models::YamlMap map);
};

struct ChipConfig {
    std::string name;
    double clock_ghz = 0;
    ScheduleConfig schedule;
    ArithmeticConfig arithmetic;
    double voltage_v = 0;           // of the logic and the on-chip memories
    models::Technology technology;  // at this voltage
    models::DramConfig dram;
    models::DmaConfig dma;
    models::SramConfig weight_sram;
    models::SramConfig activation_sram;
    models::GemmConfig gemm;
    models::NormConfig norm;
    models::ConvConfig conv;
    models::ScaleTableConfig scale_table;
    models::DequantMuxConfig dequant_mux;
    models::RotationConfig rotation;
    models::NonlinearConfig nonlinear;
    models::SsmConfig ssm;
    models::GatedNormConfig gated_norm;
    models::HadamardConfig hadamard;
    models::EmbeddingConfig embedding;
    std::string sha256;  // of the composed configuration in canonical form, not of the files
    std::string path;    // of the chip file
    std::vector<std::string> settings;          // "a.b=v", over that file
    std::vector<models::KeyDoc> keys;           // what was understood, in the order of parsing
    std::map<std::string, std::string> places;  // "file:line:col" that wrote a key's value

    /// Where an error about the key points to: its place and its name.
    std::string where(const std::string& key) const;

    /// Whether it is fast enough for its clock depends on the network too: check_clock().
    /// `overrides` are "a.b=v". `docs`, if given, collects what every key means.
    static ChipConfig load(const std::string& path, const std::vector<std::string>& overrides,
                           std::vector<models::KeyDoc>* docs = nullptr);
};

}  // namespace mambasic::sim
