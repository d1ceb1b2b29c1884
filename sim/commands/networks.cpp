#include "sim/commands/networks.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "models/common/yaml_map.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = MAMBASIC_NETWORKS;

std::string file_of(const std::string& name_or_path) {
    if (fs::is_regular_file(name_or_path)) return name_or_path;
    const fs::path named = kFolder / (name_or_path + ".yaml");
    if (fs::is_regular_file(named)) return named;
    std::vector<std::string> names;
    if (fs::is_directory(kFolder)) {
        for (const auto& entry : fs::directory_iterator(kFolder)) {
            if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
        }
    }
    std::sort(names.begin(), names.end());
    throw models::UserError("mambasic trace synth: --model: no network '" + name_or_path + "'" +
                            models::suggestion(name_or_path, names));
}

}  // namespace

Network load_network(const std::string& name_or_path) {
    constexpr std::uint32_t kMost = 1U << 20;
    models::YamlMap map = models::YamlMap::from_file(file_of(name_or_path));
    Network network;
    network.name = map.take_text("name", "name of the network, as traces and reports show it");
    map.take_enum<int>("family", {{"mamba1", 1}}, "which equations the layers compute");
    traces::Dims& d = network.dims;
    d.d_model = map.take_u32("d_model", 1, kMost, "channels", "width of the residual stream");
    d.d_inner = map.take_u32("d_inner", 1, kMost, "channels", "width of conv and scan, 2 d_model");
    d.d_state = map.take_u32("d_state", 1, kMost, "states", "states of a channel");
    d.d_conv = map.take_u32("d_conv", 4, 4, "taps", "width of the causal convolution");
    d.dt_rank = map.take_u32("dt_rank", 1, kMost, "channels", "rank of the time step projection");
    d.n_layer = map.take_u32("n_layer", 1, kMost, "layers", "layers of the whole model");
    d.vocab = map.take_u32("vocab", 1, 1U << 30, "tokens", "rows of embedding and LM head");
    map.finish();
    return network;
}

}  // namespace mambasic::sim
