// Thousands of damaged traces: open() gives a trace that can be read to its last byte, or throws
// TraceError. Meant for the address sanitizer; every mutation follows from its number.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "traces/describe.h"
#include "traces/error.h"
#include "traces/synth/synthesize.h"

namespace mambasic::traces {
namespace {

class TraceFuzz : public ::testing::TestWithParam<unsigned> {
protected:
    void SetUp() override {
        path_ = "/tmp/mambasic_trace_fuzz_" + std::to_string(::getpid());
        const Dims dims{8, 16, 4, 4, 4, 1, 20};
        synth::SynthOptions options = synth::default_options("fuzz", dims, Phase::Decode);
        options.tokens = 2;
        options.prompt_tokens = 2;
        options.record = RecordLevel::All;
        synth::synthesize(options, path_);
        std::ifstream in(path_, std::ios::binary);
        valid_.assign(std::istreambuf_iterator<char>(in), {});
    }
    void TearDown() override { std::remove(path_.c_str()); }

    std::size_t header_end() const {
        std::size_t length = 0;
        for (int i = 7; i >= 0; --i) {
            length =
                (length << 8) | static_cast<unsigned char>(valid_[static_cast<std::size_t>(i)]);
        }
        return 8 + length;
    }

    /// True when it opened. Anything but TraceError escapes and fails the test.
    bool opens(const std::string& content) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << content;
        try {
            const Trace trace = Trace::open(path_);
            unsigned sum = 0;
            for (const Tensor& tensor : trace.tensors()) {
                for (std::uint64_t i = 0; tensor.data != nullptr && i < tensor.bytes(); ++i) {
                    sum += static_cast<unsigned>(tensor.data[i]);
                }
            }
            read_ += sum;
            for (std::uint32_t i = 0; i < trace.info().layers; ++i) (void)trace.mamba1_layer(i);
            if (trace.info().has_head) (void)trace.head();
            EXPECT_FALSE(describe(trace).empty());
            return true;
        } catch (const TraceError& error) {
            EXPECT_EQ(std::string(error.what()).rfind(path_ + ": ", 0), 0U) << error.what();
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
            return false;
        }
    }

    std::string path_;
    std::string valid_;
    unsigned read_ = 0;
};

std::string mutated(std::string content, std::size_t header_end, std::mt19937& random) {
    static const std::string kAlphabet = "{}[]\",:0123456789-.eE \\untrueFIS\x01\xFF";
    const unsigned kind = random() % 8;
    // Most of the structure is in the header: six of eight mutations strike there.
    const std::size_t limit = kind < 6 ? header_end : content.size();
    const unsigned strikes = 1 + random() % 4;
    for (unsigned i = 0; i < strikes && !content.empty(); ++i) {
        const std::size_t at = random() % std::min(limit, content.size());
        const char letter = kAlphabet[random() % kAlphabet.size()];
        switch (kind) {
            case 0:
                content[at] = letter;
                break;
            case 1:
                content.insert(at, 1, letter);
                break;
            case 2:
                content.erase(at, 1 + random() % 16);
                break;
            case 3:
                content.insert(at, content.substr(at, 1 + random() % 64));
                break;
            case 4:
                content[random() % 8] = static_cast<char>(random());
                break;
            case 5:
                content[at] = static_cast<char>(content[at] ^ (1 << (random() % 8)));
                break;
            case 6:
                content.resize(at);
                break;
            default:
                content[at] = static_cast<char>(random());
                break;
        }
    }
    return content;
}

TEST_P(TraceFuzz, OpensOrThrowsTraceError) {
    std::mt19937 random(GetParam());  // its sequence is fixed by the standard
    unsigned opened = 0;
    constexpr unsigned kMutations = 600;
    ASSERT_TRUE(opens(valid_));
    for (unsigned i = 0; i < kMutations; ++i) {
        opened += opens(mutated(valid_, header_end(), random)) ? 1U : 0U;
    }
    // Both outcomes occur, else the mutations test nothing.
    EXPECT_GT(opened, 0U);
    EXPECT_LT(opened, kMutations / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TraceFuzz, ::testing::Range(1U, 6U));

}  // namespace
}  // namespace mambasic::traces
