#include "sim/commands/networks.h"

#include <filesystem>
#include <vector>

#include "models/common/error.h"
#include "models/common/yaml_map.h"
#include "sim/data_folders.h"
#include "sim/file_kind.h"
#include "traces/error.h"
#include "traces/metadata.h"

namespace mambasic::sim {
namespace {

constexpr const char* kFolder = "traces/networks";

std::string file_of(const std::string& name_or_path) {
    if (is_file(name_or_path)) {
        if (file_kind(name_or_path) != FileKind::Safetensors) return name_or_path;
        throw models::UserError(name_or_path +
                                ": this is a safetensors file, a network YAML was expected");
    }
    const std::vector<std::filesystem::path> folders = data_folders(kFolder);
    const std::filesystem::path named = named_file(folders, name_or_path);
    if (!named.empty()) return named.string();
    throw models::UserError("mambasic: --model: no network '" + name_or_path + "'" +
                            nearest_in(folders, name_or_path, kFolder));
}

void take_heads(models::YamlMap& map, traces::Dims& d) {
    constexpr std::uint32_t kMost = 1U << 20;
    d.heads =
        map.take_u32("heads", 1, kMost, "heads", "heads of a layer; each has one A and one dt");
    d.head_dim = map.take_u32("head_dim", 1, kMost, "channels", "channels of a head");
    d.groups = map.take_u32("groups", 1, kMost, "groups", "SSD groups; heads of one share B and C");
    d.chunk = map.take_u32("chunk", 1, kMost, "tokens", "tokens of a chunk in the chunked order");
}

// Sizes that no trace has, told where they are written.
void require_sane(const models::YamlMap& map, const Network& network) {
    traces::TraceInfo info;
    info.scheme = "quamba1";
    info.dims = network.dims;
    info.layers = network.dims.n_layer;
    info.batch = info.tokens = 1;
    try {
        traces::require_sane(network.name, info);
    } catch (const traces::MetadataError& error) {
        map.reject(error.key().c_str(), error.reason());
    }
}

}  // namespace

Network load_network(const std::string& name_or_path) {
    constexpr std::uint32_t kMost = 1U << 20;
    models::YamlMap map = models::YamlMap::from_file(file_of(name_or_path));
    Network network;
    network.name = map.take_text("name", "name of the network, as traces and reports show it");
    traces::Dims& d = network.dims;
    d.family = map.take_enum<traces::Family>(
        "family", {{"mamba1", traces::Family::Mamba1}, {"mamba2", traces::Family::Mamba2}},
        "which equations the layers compute");
    d.d_model = map.take_u32("d_model", 1, kMost, "channels", "width of the residual stream");
    d.d_inner = map.take_u32("d_inner", 1, kMost, "channels", "width of conv and scan, 2 d_model");
    d.d_state = map.take_u32("d_state", 1, kMost, "states", "states of a channel");
    d.d_conv = map.take_u32("d_conv", 4, 4, "taps", "width of the causal convolution");
    if (d.mamba2()) {
        take_heads(map, d);
    } else {
        d.dt_rank =
            map.take_u32("dt_rank", 1, kMost, "channels", "rank of the time step projection");
    }
    d.n_layer = map.take_u32("n_layer", 1, kMost, "layers", "layers of the whole model");
    d.vocab = map.take_u32("vocab", 1, 1U << 30, "tokens", "rows of embedding and LM head");
    map.finish();
    require_sane(map, network);
    return network;
}

}  // namespace mambasic::sim
