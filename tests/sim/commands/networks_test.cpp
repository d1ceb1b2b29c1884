#include "sim/commands/networks.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

TEST(Networks, EveryFileLoads) {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(MAMBASIC_NETWORKS)) {
        const std::string name = entry.path().stem();
        const Network network = load_network(name);
        EXPECT_EQ(network.name, name);
        EXPECT_EQ(network.dims.d_inner, 2 * network.dims.d_model) << name;
        if (network.dims.mamba2()) {
            EXPECT_EQ(network.dims.heads * network.dims.head_dim, network.dims.d_inner) << name;
            EXPECT_EQ(network.dims.heads % network.dims.groups, 0U) << name;
            EXPECT_EQ(name.substr(name.find('2'), 1), "2");
        } else {
            EXPECT_EQ(network.dims.d_state, 16U) << name;
            EXPECT_EQ(network.dims.heads, 0U) << name;
        }
        ++files;
    }
    EXPECT_EQ(files, 16U);
}

// mamba_ssm takes dt_rank = ceil(d_model / 16) for "auto", which the released models use.
TEST(Networks, TheReleasedModelsHaveTheirPublishedDimensions) {
    const traces::Dims d = load_network("mamba-130m").dims;
    EXPECT_EQ(d.d_model, 768U);
    EXPECT_EQ(d.dt_rank, 48U);
    EXPECT_EQ(d.n_layer, 24U);
    EXPECT_EQ(d.vocab, 50280U);
    EXPECT_EQ(d.d_conv, 4U);
    EXPECT_EQ(load_network("mamba-2.8b").dims.dt_rank, 160U);
    EXPECT_EQ(load_network("mamba-2.8b").dims.n_layer, 64U);
}

// kernels.md 7.2.
TEST(Networks, TheReleasedMamba2ModelsHaveTheirPublishedDimensions) {
    const traces::Dims d = load_network("mamba2-130m").dims;
    EXPECT_EQ(d.heads, 24U);
    EXPECT_EQ(d.head_dim, 64U);
    EXPECT_EQ(d.d_state, 128U);
    EXPECT_EQ(d.in_proj_width(), 3352U);
    EXPECT_EQ(load_network("mamba2-2.7b").dims.in_proj_width(), 10576U);
    EXPECT_EQ(load_network("mamba2-8b").dims.in_proj_width(), 18560U);
    EXPECT_EQ(load_network("mamba2-8b").dims.groups, 8U);
    EXPECT_EQ(load_network("mamba2-8b").dims.chunk, 128U);
}

TEST(Networks, AnUnknownNameSuggests) {
    try {
        load_network("mamba-130");
        FAIL() << "loaded a network that is not there";
    } catch (const models::UserError& e) {
        const std::string what = e.what();
        EXPECT_EQ(what.rfind("mambasic: --model: no network 'mamba-130', did you mean "
                             "'mamba-130m'? (searched ",
                             0),
                  0U)
            << what;
        EXPECT_NE(what.find("traces/networks)"), std::string::npos) << what;
    }
}

}  // namespace
}  // namespace mambasic::sim
