#include "sim/commands/networks.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

TEST(Networks, EveryFileLoadsAndIsAMamba1) {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(MAMBASIC_NETWORKS)) {
        const std::string name = entry.path().stem();
        const Network network = load_network(name);
        EXPECT_EQ(network.name, name);
        EXPECT_EQ(network.dims.d_inner, 2 * network.dims.d_model) << name;
        EXPECT_EQ(network.dims.d_state, 16U) << name;
        ++files;
    }
    EXPECT_EQ(files, 6U);
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

TEST(Networks, AnUnknownNameSuggests) {
    try {
        load_network("mamba-130");
        FAIL() << "loaded a network that is not there";
    } catch (const models::UserError& e) {
        const std::string what = e.what();
        EXPECT_EQ(what.rfind("mambasic trace synth: --model: no network 'mamba-130', did you mean "
                             "'mamba-130m'? (searched ",
                             0),
                  0U)
            << what;
        EXPECT_NE(what.find("traces/networks)"), std::string::npos) << what;
    }
}

}  // namespace
}  // namespace mambasic::sim
