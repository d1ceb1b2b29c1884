#include "sim/check.h"

#include <gtest/gtest.h>

#include <cstring>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

using traces::DType;

// Says what it was told to; remembers what it was asked for.
class FakeReference : public Reference {
public:
    explicit FakeReference(std::vector<traces::Tensor> tensors) : tensors_(std::move(tensors)) {}
    const std::string& name() const override { return name_; }
    std::vector<traces::Tensor> tensors(const LayerOutput&) override { return tensors_; }

private:
    const std::string name_ = "fake";
    const std::vector<traces::Tensor> tensors_;
};

const std::vector<std::int8_t> kRow = {1, 2, 3, 4, 5, 6, 7, 8};

traces::Tensor wanted(const std::string& name, std::vector<std::uint64_t> shape) {
    traces::Tensor tensor;
    tensor.name = name;
    tensor.dtype = DType::I8;
    tensor.shape = std::move(shape);
    tensor.data = reinterpret_cast<const std::byte*>(kRow.data());
    return tensor;
}

LayerOutput made(std::int32_t layer, std::uint32_t step, const traces::Tensor& like,
                 const std::vector<std::int8_t>& values) {
    return {layer, step, {{like.name, like.dtype, like.shape, values.data()}}};
}

traces::TraceInfo decode_info() {
    traces::TraceInfo info;
    info.phase = traces::Phase::Decode;
    info.batch = 2;
    info.tokens = 3;
    info.first_layer = 4;
    info.layers = 2;
    return info;
}

Check check_against(const traces::TraceInfo& info, const std::vector<traces::Tensor>& want) {
    return {info, std::make_unique<FakeReference>(want), Distances::Off};
}

TEST(Check, StepsOfOneTensorAreOneRow) {
    const traces::Tensor want = wanted("had.output", {2, 1, 4});
    Check check = check_against(decode_info(), {want});
    std::vector<std::int8_t> got = kRow;
    check.on_output(made(0, 0, want, got));
    got[6] = 0;  // sequence 1, channel 2
    check.on_output(made(0, 1, want, got));
    const reports::CheckSection section = check.result();
    ASSERT_EQ(section.tensors.size(), 1U);
    const reports::CheckTensor& tensor = section.tensors[0];
    EXPECT_EQ(tensor.name, "layers.4.had.output");  // the layer's number in the model
    EXPECT_EQ(tensor.elements, 16U);
    EXPECT_EQ(section.mismatches, 1U);
    EXPECT_EQ(tensor.max_ulp, 7U);
    EXPECT_EQ(tensor.first->at, (std::vector<std::uint64_t>{1, 1, 2}));
    EXPECT_EQ(tensor.first->index, (1U * 3 + 1) * 4 + 2);
    EXPECT_EQ(tensor.first->step, 1U);
}

TEST(Check, AStateHasNoTokenDimension) {
    const traces::Tensor want = wanted("scan.state", {2, 2, 2});
    Check check = check_against(decode_info(), {want});
    std::vector<std::int8_t> got = kRow;
    got[7] = 9;
    check.on_output(made(1, 2, want, got));
    const reports::CheckSection section = check.result();
    EXPECT_EQ(section.tensors[0].name, "layers.5.scan.state");
    EXPECT_EQ(section.tensors[0].first->at, (std::vector<std::uint64_t>{1, 1, 1}));
    EXPECT_EQ(section.tensors[0].first->index, 7U);
}

TEST(Check, TheEndsOfTheModelHaveNoLayer) {
    const traces::Tensor want = wanted("lm_head.output", {2, 1, 4});
    Check check = check_against(decode_info(), {want});
    check.on_output(made(LayerOutput::kHead, 0, want, kRow));
    EXPECT_EQ(check.result().tensors[0].name, "lm_head.output");
}

TEST(Check, AMissingTensorIsOurFault) {
    Check check =
        check_against(decode_info(), {wanted("had.output", {2, 1, 4}), wanted("x", {2, 1, 4})});
    check.on_output(made(0, 0, wanted("had.output", {2, 1, 4}), kRow));
    EXPECT_THROW(check.result(), models::InternalError);
}

TEST(Check, AnotherShapeOrTypeIsOurFault) {
    const traces::Tensor want = wanted("had.output", {2, 1, 4});
    Check shape = check_against(decode_info(), {want});
    shape.on_output(made(0, 0, wanted("had.output", {2, 1, 2}), kRow));
    EXPECT_THROW(shape.result(), models::InternalError);

    traces::Tensor unsigned_bytes = want;
    unsigned_bytes.dtype = DType::U8;
    Check type = check_against(decode_info(), {want});
    type.on_output(made(0, 0, unsigned_bytes, kRow));
    EXPECT_THROW(type.result(), models::InternalError);
}

TEST(Check, ComparingNothingIsNotEqual) {
    const Check check = check_against(decode_info(), {});
    EXPECT_THROW(check.result(), models::InternalError);
}

TEST(ApproximateUnits, NamesThoseThatAreNotExact) {
    ChipConfig chip;
    EXPECT_TRUE(approximate_units(chip).empty());
    chip.nonlinear.exp.kind = models::UnitKind::Table;
    chip.nonlinear.rsqrt.kind = models::UnitKind::Polynomial;
    EXPECT_EQ(approximate_units(chip),
              (std::vector<std::string>{"exp: table", "rsqrt: polynomial"}));
}

TEST(GoldenOptions, FollowTheChip) {
    ChipConfig chip;
    chip.norm.sum.tree_width = 16;
    chip.ssm.sum.tree_width = 4;
    chip.arithmetic.softplus = arith::Softplus::LogExpPlus1;
    chip.arithmetic.quamba_quirks = true;
    const golden::Options options = golden_options(chip);
    EXPECT_EQ(options.norm_sum.tree_width, 16U);
    EXPECT_EQ(options.ssm_sum.tree_width, 4U);
    EXPECT_EQ(options.softplus, arith::Softplus::LogExpPlus1);
    EXPECT_TRUE(options.quamba_quirks);
    EXPECT_EQ(options.scan_order, golden::ScanOrder::Sequential);
}

}  // namespace
}  // namespace mambasic::sim
