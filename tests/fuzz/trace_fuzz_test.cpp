// Thousands of damaged traces: open() gives a trace that can be read to its last byte, or throws
// TraceError. Meant for the address sanitizer; every mutation follows from its number.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "../traces/handmade_trace.h"
#include "traces/describe.h"
#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/synth/synthesize.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {
namespace {

TraceInfo small_mamba2() {
    TraceInfo info = test::mamba2_info();
    info.dims = {8, 16, 4, 4, 0, 1, 20, Family::Mamba2, 8, 2, 2, 4};
    info.layers = 1;
    info.phase = Phase::Decode;
    return info;
}

// Without records, so that most of the file is what 4 bits are about.
TraceInfo four_bits(TraceInfo info, bool packed) {
    info.record = RecordLevel::None;
    info.layers = 1;
    info.packed_w4 = packed;
    return info;
}

void write_mamba1(const std::string& path) {
    const Dims dims{8, 16, 4, 4, 4, 1, 20};
    synth::SynthOptions options = synth::default_options("fuzz", dims, Phase::Decode);
    options.tokens = 2;
    options.prompt_tokens = 2;
    options.record = RecordLevel::All;
    synth::synthesize(options, path);
}

// A valid handmade trace's dim ranges end at 32 channels of a head; here a head has two.
void write_small_mamba2(const std::string& path) {
    test::write_trace(path, small_mamba2(), [](const Tensor& tensor, test::Bytes& bytes) {
        if (!test::ends_with(tensor.name, "x_dim_group_range")) return;
        for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
            test::put(bytes, i, static_cast<std::int32_t>(1 + i % 2));
        }
    });
}

// One layer has a table, the other none.
void write_mamba1_codes(const std::string& path) {
    TraceInfo info = test::grouped_mamba1_info();
    set_layer_groups({std::nullopt, GroupShape{1, 3, 2}}, info);
    read_x_codes("1 dual4-skewed-threshold-sparse2, 1 int5", info.layers, info.x_codes);
    info.observers = {Observer::OutlierAware, Observer::Mse};
    test::write_trace(path, info);
}

// As a consumer would: every byte of every view.
template <typename T>
unsigned sum_of(const T* data, std::uint64_t count) {
    unsigned sum = 0;
    for (std::uint64_t i = 0; data != nullptr && i < count; ++i) {
        sum += static_cast<unsigned>(reinterpret_cast<const unsigned char*>(data + i)[0]);
    }
    return sum;
}

unsigned walk(const Linear& linear) {
    return sum_of(linear.weight, std::uint64_t{linear.n_padded} * linear.k) +
           sum_of(linear.column, linear.n_padded);
}

// The scale of each channel of x and of each of its states, found by the ranges.
unsigned walk(const Dims& dims, const GroupTable& table) {
    unsigned sum = 0;
    if (table.x_scales == nullptr) return sum;  // shapes only
    const std::uint32_t heads = dims.table_heads() / table.shape.ssd_groups;
    const std::uint32_t head_dim = dims.table_head_dim();
    for (std::uint32_t channel = 0; channel < dims.d_inner; ++channel) {
        const std::uint32_t head = channel / head_dim;
        std::uint32_t cell = head / heads * table.shape.head_groups;
        while (table.head_end[cell] <= static_cast<std::int32_t>(head % heads)) ++cell;
        cell *= table.shape.dim_groups;
        while (table.dim_end[cell] <= static_cast<std::int32_t>(channel % head_dim)) ++cell;
        EXPECT_LT(cell, table.shape.cells());
        EXPECT_GT(table.x_scales[cell], 0.0F);
        sum += sum_of(table.state_scales + std::uint64_t{cell} * table.state_columns,
                      table.state_columns);
    }
    return sum;
}

// Of so many cells; null where the layer's code of x has no such scale.
unsigned walk(const XScales& scales, std::uint32_t cells) {
    return sum_of(scales.low, cells) + sum_of(scales.high, cells) + sum_of(scales.threshold, cells);
}

unsigned walk(const Trace& trace, std::uint32_t index) {
    const std::uint32_t cells = trace.info().table(index).value_or(GroupShape{}).cells();
    if (!trace.info().dims.mamba2()) {
        const Mamba1Layer layer = trace.mamba1_layer(index);
        return walk(layer.in_proj) + walk(layer.x_proj) + walk(layer.dt_proj) +
               walk(layer.out_proj) + walk(layer.x_scales, cells) +
               (layer.groups ? walk(trace.info().dims, *layer.groups) : 0);
    }
    const Mamba2Layer layer = trace.mamba2_layer(index);
    return walk(layer.in_proj) + walk(layer.out_proj) + walk(layer.x_scales, cells) +
           walk(trace.info().dims, layer.groups) + sum_of(layer.b_scales, layer.bc_scales) +
           sum_of(layer.c_scales, layer.bc_scales);
}

struct Kind {
    std::string name;
    void (*write)(const std::string& path);
    unsigned mutations;  // fewer of a larger file
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> kAll{
        {"mamba1", write_mamba1, 600},
        {"mamba2", write_small_mamba2, 600},
        {"mamba1_groups",
         [](const std::string& path) { test::write_trace(path, test::grouped_mamba1_info()); },
         300},
        {"mamba1_codes", write_mamba1_codes, 400},
        {"plain_w4",
         [](const std::string& path) {
             test::write_trace(path, four_bits(test::mamba2_info("w4a8"), false));
         },
         150},
        {"packed_w4",
         [](const std::string& path) {
             test::write_trace(path, four_bits(test::mamba1_w4_info(), true));
         },
         150}};
    return kAll;
}

class TraceFuzz : public ::testing::TestWithParam<std::tuple<std::size_t, unsigned>> {
protected:
    const Kind& kind() const { return kinds()[std::get<0>(GetParam())]; }
    void SetUp() override {
        path_ = "/tmp/mambasic_trace_fuzz_" + std::to_string(::getpid());
        kind().write(path_);
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
            for (std::uint32_t i = 0; i < trace.info().layers; ++i) read_ += walk(trace, i);
            if (trace.info().has_head) {
                const Head head = trace.head();
                const Dims& dims = trace.info().dims;
                read_ += walk(head.lm_head);
                read_ += sum_of(head.embedding_weight, std::uint64_t{dims.vocab} * dims.d_model);
            }
            EXPECT_FALSE(describe(trace).empty());
            EXPECT_EQ(scales(trace).empty(), trace.info().shapes_only);
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
    std::mt19937 random(std::get<1>(GetParam()));  // its sequence is fixed by the standard
    unsigned opened = 0;
    ASSERT_TRUE(opens(valid_));
    for (unsigned i = 0; i < kind().mutations; ++i) {
        opened += opens(mutated(valid_, header_end(), random)) ? 1U : 0U;
    }
    // Both outcomes occur, else the mutations test nothing.
    EXPECT_GT(opened, 0U);
    EXPECT_LT(opened, kind().mutations / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TraceFuzz,
                         ::testing::Combine(::testing::Range(std::size_t{0}, std::size_t{6}),
                                            ::testing::Range(1U, 6U)),
                         [](const auto& test) {
                             return kinds()[std::get<0>(test.param)].name + "_" +
                                    std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace mambasic::traces
