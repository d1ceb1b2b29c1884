// The safetensors container: what is written comes back, and every way a file can be malformed is
// refused with the file and the place.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "handmade_trace.h"
#include "traces/error.h"
#include "traces/safetensors.h"
#include "traces/sha256.h"
#include "traces/unfinished_file.h"

namespace mambasic::traces {
namespace {

using test::container;
using test::temp_path;
using test::write_file;

std::string refusal(const std::string& content) {
    const std::string path = temp_path("malformed");
    write_file(path, content);
    try {
        SafetensorsFile::open(path);
    } catch (const TraceError& error) {
        const std::string what = error.what();
        EXPECT_EQ(what.rfind(path + ": ", 0), 0U) << what;
        EXPECT_EQ(what.find('\n'), std::string::npos) << what;
        return what.substr(path.size() + 2);
    }
    return "accepted";
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

TEST(Container, RoundTripKeepsBytesOrderAndMetadata) {
    const std::string path = temp_path("round_trip");
    const std::vector<Tensor> layout{{"b", DType::I8, {3}, nullptr},
                                     {"a", DType::F32, {2, 2}, nullptr},
                                     {"s", DType::F64, {}, nullptr}};
    const float values[4] = {1.0F, -2.5F, 0x1p-149F, 3e38F};
    const double scalar = 0.1;
    SafetensorsWriter writer(path, {{"k", "quote \" and \n newline"}}, layout);
    writer.append("b", "xy", 2);  // in two pieces
    writer.append("b", "z", 1);
    writer.append("a", values, sizeof(values));
    writer.append("s", &scalar, sizeof(scalar));
    writer.finish();

    const SafetensorsFile file = SafetensorsFile::open(path);
    EXPECT_EQ(file.metadata().at("k"), "quote \" and \n newline");
    ASSERT_EQ(file.tensors().size(), 4U);
    EXPECT_EQ(file.tensors()[0].name, "b");
    EXPECT_EQ(std::memcmp(file.tensors()[0].data, "xyz", 3), 0);
    EXPECT_EQ(file.tensors()[1].name, "trace.pad.0");
    EXPECT_EQ(file.tensors()[2].name, "a");
    EXPECT_EQ(file.tensors()[2].shape, (std::vector<std::uint64_t>{2, 2}));
    EXPECT_EQ(std::memcmp(file.tensors()[2].data, values, sizeof(values)), 0);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.tensors()[2].data) % 64, 0U);
    EXPECT_EQ(*file.tensors()[3].as<double>(), scalar);
    EXPECT_EQ(file.metadata().at("data_sha256"), file.data_sha256());
}

TEST(Container, Sha256MatchesTheStandardsExample) {
    // FIPS 180-2, appendix B.1.
    EXPECT_EQ(sha256_hex("abc", 3),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Container, WriterLeavesNothingWhenAbandonedOrIncomplete) {
    const std::string path = temp_path("abandoned/none");
    const auto folder = std::filesystem::path(path).parent_path();
    std::filesystem::create_directories(folder);
    {
        SafetensorsWriter writer(path, {}, {{"b", DType::I8, {3}, nullptr}});
        writer.append("b", "xy", 2);
        EXPECT_THROW(writer.append("c", "z", 1), std::logic_error);
        EXPECT_THROW(writer.append("b", "zz", 2), std::logic_error);
        EXPECT_THROW(writer.finish(), std::logic_error);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

// As a signal's handler asks for it.
TEST(Container, WhatIsUnfinishedCanBeRemoved) {
    const std::string whole = temp_path("whole");
    const std::string partial = whole + ".partial." + std::to_string(::getpid());
    std::filesystem::remove(whole);
    const std::vector<std::int8_t> bytes = {1, 2, 3};
    {
        SafetensorsWriter writer(whole, {}, {{"b", DType::I8, {3}, nullptr}});
        EXPECT_TRUE(std::filesystem::exists(partial));
        remove_unfinished_files();
        EXPECT_FALSE(std::filesystem::exists(partial));
    }
    SafetensorsWriter writer(whole, {}, {{"b", DType::I8, {3}, nullptr}});
    writer.append("b", bytes.data(), bytes.size());
    writer.finish();
    remove_unfinished_files();
    EXPECT_TRUE(std::filesystem::exists(whole));
}

TEST(Container, WriterNamesAFolderThatDoesNotExist) {
    EXPECT_THROW(SafetensorsWriter("/nonexistent/folder/t", {}, {}), TraceError);
}

TEST(Container, WriterReplacesNoPipe) {
    const std::string path = temp_path("pipe");
    std::filesystem::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THROW(SafetensorsWriter(path, {}, {}), TraceError);
    EXPECT_TRUE(std::filesystem::is_fifo(path));
    std::filesystem::remove(path);
}

TEST(Container, MissingFileFolderAndEmptyFile) {
    EXPECT_THROW(SafetensorsFile::open("/nonexistent/t.safetensors"), TraceError);
    EXPECT_THROW(SafetensorsFile::open("/tmp"), TraceError);
    EXPECT_EQ(refusal(""), "at byte 0: file ends inside the 8-byte header length");
}

TEST(Container, TruncatedAnywhere) {
    std::string header = "{" + tensor("a", "F32", "[2]", "[0,8]") + "}";
    while (header.size() % 4 != 0) header += ' ';
    const std::string whole = container(header, "01234567");
    ASSERT_EQ(refusal(whole), "accepted");
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        EXPECT_NE(refusal(whole.substr(0, bytes)), "accepted") << bytes;
    }
}

TEST(Container, HeaderLength) {
    EXPECT_EQ(refusal(std::string(8, '\xFF')),
              "at byte 0: header length 18446744073709551615 exceeds 100000000");
    EXPECT_EQ(refusal(std::string("\x10\0\0\0\0\0\0\0{}", 10)),
              "at byte 10: file ends inside the header, which needs 24 bytes");
}

TEST(Container, NotJson) {
    EXPECT_EQ(refusal(container("{\"a\" 1}")), "at byte 13: header is not valid JSON");
    EXPECT_EQ(refusal(container("")), "at byte 8: header is not valid JSON");
    EXPECT_EQ(refusal(container("[1]")), "at byte 8: header is not a JSON object");
    EXPECT_NE(refusal(container("{\"\xFF\":1}")).find("not valid JSON"), std::string::npos);
    EXPECT_NE(refusal(container(std::string(100000, '['))), "accepted");
    EXPECT_NE(refusal(container("{\"a\":1e999}")), "accepted");
}

TEST(Container, DuplicateKeys) {
    const std::string one = tensor("a", "I8", "[1]", "[0,1]");
    EXPECT_EQ(refusal(container("{" + one + "," + one + "}", "0")),
              "tensor 'a': duplicate key in the header");
    EXPECT_EQ(refusal(container("{\"a\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}")),
              "tensor 'dtype': duplicate key in the header");
}

TEST(Container, EntriesOfTheWrongKind) {
    EXPECT_EQ(refusal(container("{\"a\":3}")), "tensor 'a': its entry is not a JSON object");
    EXPECT_EQ(refusal(container("{\"a\":{\"dtype\":\"I8\",\"shape\":[]}}")),
              "tensor 'a': no 'data_offsets'");
    EXPECT_EQ(refusal(container("{" + tensor("a", "BF16", "[1]", "[0,2]") + "}", "00")),
              "tensor 'a': unknown dtype 'BF16'; known: I8 U8 I32 I64 F16 F32 F64");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "7", "[0,7]") + "}", "0000000")),
              "tensor 'a': 'shape' is not a list");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[-1]", "[0,1]") + "}", "0")),
              "tensor 'a': 'shape' holds something that is not a whole number >= 0");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[1.0]", "[0,1]") + "}", "0")),
              "tensor 'a': 'shape' holds something that is not a whole number >= 0");
    EXPECT_EQ(refusal(container("{\"__metadata__\":{\"a\":1}}")), "metadata 'a': is not a string");
    EXPECT_EQ(refusal(container("{\"__metadata__\":[]}")), "'__metadata__' is not a JSON object");
}

TEST(Container, Offsets) {
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[1]", "[-1,0]") + "}", "0")),
              "tensor 'a': 'data_offsets' holds something that is not a whole number >= 0");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[1]", "[1,0]") + "}", "0")),
              "tensor 'a': 'data_offsets' is not [begin, end] with begin <= end");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[1]", "[0]") + "}", "0")),
              "tensor 'a': 'data_offsets' is not [begin, end] with begin <= end");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[2]", "[0,1]") + "}", "0")),
              "tensor 'a': data_offsets span 1 bytes, its shape and dtype need 2");
    EXPECT_EQ(refusal(container("{" + tensor("a", "I8", "[2]", "[0,2]") + "}", "0")),
              "tensor 'a': ends at data byte 2, the file holds 1 bytes of data");
}

TEST(Container, ShapesThatOverflow) {
    const std::string huge = tensor("a", "F64", "[4294967296,4294967296]", "[0,0]");
    EXPECT_EQ(refusal(container("{" + huge + "}")),
              "tensor 'a': its shape's product overflows 64 bits");
    const std::string big = tensor("a", "I8", "[99999999999999999999]", "[0,0]");
    EXPECT_EQ(refusal(container("{" + big + "}")),
              "tensor 'a': 'shape' holds something that is not a whole number >= 0");
}

TEST(Container, OverlapHoleAndRest) {
    const std::string a = tensor("a", "I8", "[2]", "[0,2]");
    EXPECT_EQ(refusal(container("{" + a + "," + tensor("b", "I8", "[2]", "[1,3]") + "}", "000")),
              "tensor 'b': overlaps the tensor before it (begins at data byte 1, expected 2)");
    EXPECT_EQ(refusal(container("{" + a + "," + tensor("b", "I8", "[1]", "[3,4]") + "}", "0000")),
              "tensor 'b': leaves a hole before it (begins at data byte 3, expected 2)");
    const std::string header = "{" + a + "}";
    EXPECT_EQ(refusal(container(header, "0000")),
              "at byte " + std::to_string(8 + header.size() + 2) +
                  ": 2 bytes after the last tensor belong to nothing");
}

TEST(Container, Misaligned) {
    std::string header = "{" + tensor("a", "F32", "[1]", "[0,4]") + "}";
    while (header.size() % 4 != 1) header += ' ';
    EXPECT_EQ(refusal(container(header, "0000")),
              "tensor 'a': not aligned to its element size; write the file again with the tensors "
              "ordered by falling element size");
}

TEST(Container, MessageStaysOneShortLine) {
    const std::string what = refusal(container("{\"" + std::string(5000, 'x') + "\\n\":3}"));
    EXPECT_LT(what.size(), 300U);
}

}  // namespace
}  // namespace mambasic::traces
