// Which epilogue each linear of a walk takes (kernels.md 2.2, 2.3).
#include <gtest/gtest.h>

#include "cuda_ref/recorder.h"
#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/recording_device.h"
#include "tests/cuda_ref/temporary_file.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;
using traces::Tensor;

std::vector<Epilogue> epilogues(traces::TraceInfo info) {
    const TemporaryFile file("epilogues.safetensors");
    info.layers = 1;
    const traces::Trace trace = random_trace(file.path(), info, 1);
    RecordingDevice device;
    walk(trace, device, {}, [](const Tensor&) {});
    std::vector<Epilogue> out;
    for (const LinearJob& job : device.linears) out.push_back(job.epilogue);
    return out;
}

/// Of in_proj, x_proj, dt_proj, out_proj, lm_head.
std::vector<Epilogue> epilogues(Phase phase, std::uint32_t batch, std::uint32_t tokens) {
    return epilogues(random_info(phase, batch, tokens, 24));
}

/// Of in_proj, out_proj, lm_head.
std::vector<Epilogue> mamba2_epilogues(Phase phase, std::uint32_t batch, std::uint32_t tokens) {
    return epilogues(random_mamba2_info(phase, batch, tokens, 24));
}

constexpr Epilogue kWeightFirst = Epilogue::WeightScaleFirst;
constexpr Epilogue kInputFirst = Epilogue::InputScaleFirst;
constexpr Epilogue kOneRow = Epilogue::OneRow;
using Epilogues = std::vector<Epilogue>;

TEST(Epilogues, FollowTheRowsOfUpstreamsCall) {
    EXPECT_EQ(epilogues(Phase::Prefill, 1, 5),
              (Epilogues{kInputFirst, kWeightFirst, kInputFirst, kWeightFirst, kOneRow}));
    EXPECT_EQ(epilogues(Phase::Prefill, 2, 5),
              (Epilogues{kInputFirst, kWeightFirst, kInputFirst, kWeightFirst, kWeightFirst}));
    EXPECT_EQ(epilogues(Phase::Prefill, 1, 1),
              (Epilogues{kInputFirst, kOneRow, kInputFirst, kOneRow, kOneRow}));
    EXPECT_EQ(epilogues(Phase::Prefill, 2, 1),
              (Epilogues{kInputFirst, kWeightFirst, kInputFirst, kWeightFirst, kWeightFirst}));
    EXPECT_EQ(epilogues(Phase::Decode, 1, 5), (Epilogues(5, kOneRow)));
    EXPECT_EQ(epilogues(Phase::Decode, 2, 1), (Epilogues(5, kWeightFirst)));
}

TEST(Epilogues, OfMamba2sInProjHaveAScaleAColumn) {
    constexpr Epilogue kColumns = Epilogue::Columns;
    constexpr Epilogue kColumnsOneRow = Epilogue::ColumnsOneRow;
    EXPECT_EQ(mamba2_epilogues(Phase::Prefill, 1, 5), (Epilogues{kColumns, kWeightFirst, kOneRow}));
    EXPECT_EQ(mamba2_epilogues(Phase::Prefill, 2, 1),
              (Epilogues{kColumns, kWeightFirst, kWeightFirst}));
    EXPECT_EQ(mamba2_epilogues(Phase::Prefill, 1, 1),
              (Epilogues{kColumnsOneRow, kOneRow, kOneRow}));
    EXPECT_EQ(mamba2_epilogues(Phase::Decode, 1, 5), (Epilogues{kColumnsOneRow, kOneRow, kOneRow}));
    EXPECT_EQ(mamba2_epilogues(Phase::Decode, 2, 5),
              (Epilogues{kColumns, kWeightFirst, kWeightFirst}));
}

TEST(Epilogues, OfFourBitWeightsAreOneForAnyRows) {
    constexpr Epilogue kFour = Epilogue::FourBit;
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (const std::uint32_t batch : {1U, 2U}) {
            traces::TraceInfo info = random_mamba2_info(phase, batch, 1, 128);
            info.precision = "w4a8";
            EXPECT_EQ(epilogues(info), (Epilogues{kFour, kFour, kFour}));
        }
    }
    traces::TraceInfo info = random_info(Phase::Decode, 1, 1, 128);
    info.precision = "w4a8";  // of Mamba1 all but dt_proj
    EXPECT_EQ(epilogues(info), (Epilogues{kFour, kFour, kOneRow, kFour, kFour}));
}

}  // namespace
}  // namespace mambasic::cuda_ref
