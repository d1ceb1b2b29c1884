// The networks that come with the simulator keep FORMAT.md's dimension rules and have the widths
// of the checkpoints (kernels.md 7.2).
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "handmade_trace.h"
#include "traces/trace.h"

namespace mambasic::traces {
namespace {

std::map<std::string, std::string> keys_of(const std::string& network) {
    std::ifstream in(std::string(MAMBASIC_TEST_NETWORKS) + "/" + network + ".yaml");
    std::map<std::string, std::string> out;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string key;
        std::string value;
        if (words >> key >> value && key.back() == ':') out[key.substr(0, key.size() - 1)] = value;
    }
    return out;
}

/// A shapes-only trace of it, of the precision that asks most of the dimensions.
Trace trace_of(const std::string& network) {
    const auto keys = keys_of(network);
    const auto number = [&keys](const std::string& key) {
        return static_cast<std::uint32_t>(std::stoul(keys.at(key)));
    };
    TraceInfo info = test::mamba2_info("w4a8");
    EXPECT_EQ(keys.at("name"), network);
    EXPECT_EQ(keys.at("family"), "mamba2");
    info.shapes_only = true;
    info.dims = {number("d_model"),
                 number("d_inner"),
                 number("d_state"),
                 number("d_conv"),
                 0,
                 number("n_layer"),
                 number("vocab"),
                 Family::Mamba2,
                 number("heads"),
                 number("head_dim"),
                 number("groups"),
                 number("chunk")};
    info.layers = info.dims.n_layer;
    info.groups = {info.dims.groups, 4, 4};
    const std::string path = test::temp_path(network);
    test::write_trace(path, info);
    return Trace::open(path);
}

TEST(Networks, WidthsOfTheCheckpoints) {
    struct Expected {
        std::string network;
        std::uint32_t in_proj, conv, heads, layers;
    };
    for (const Expected& expected : std::vector<Expected>{{"mamba2-130m", 3352, 1792, 24, 24},
                                                          {"mamba2-370m", 4384, 2304, 32, 48},
                                                          {"mamba2-780m", 6448, 3328, 48, 48},
                                                          {"mamba2-1.3b", 8512, 4352, 64, 48},
                                                          {"mamba2-2.7b", 10576, 5376, 80, 64},
                                                          {"mamba2-8b", 18560, 10240, 128, 56},
                                                          {"tiny2", 552, 288, 8, 2},
                                                          {"tiny2-g2", 592, 320, 16, 2},
                                                          {"tiny2-g8", 800, 512, 32, 2}}) {
        const Dims dims = trace_of(expected.network).info().dims;
        EXPECT_EQ(dims.in_proj_width(), expected.in_proj) << expected.network;
        EXPECT_EQ(dims.conv_channels(), expected.conv) << expected.network;
        EXPECT_EQ(dims.heads, expected.heads) << expected.network;
        EXPECT_EQ(dims.n_layer, expected.layers) << expected.network;
    }
}

}  // namespace
}  // namespace mambasic::traces
