// An editor that opens a file of hw_config finds the schema that the program prints.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

namespace fs = std::filesystem;

const fs::path kHwConfig = fs::path(MAMBASIC_SOURCE) / "hw_config";

// The file that the first line asks editors to take.
fs::path schema_of(const fs::path& yaml) {
    const std::string mark = "# yaml-language-server: $schema=";
    std::string line;
    std::ifstream in(yaml);
    std::getline(in, line);
    if (line.rfind(mark, 0) != 0) return {};
    return (yaml.parent_path() / line.substr(mark.size())).lexically_normal();
}

std::string kind_of(const fs::path& yaml) {
    const std::string folder = yaml.parent_path().filename().string();
    if (folder == "schemes") return "scheme";
    return folder == "tech" || folder == "dram" ? folder : "chip";
}

TEST(SchemaFiles, AreWhatTheProgramPrints) {
    for (const char* kind : {"chip", "scheme", "tech", "dram"}) {
        const fs::path file = kHwConfig / "schemas" / (std::string(kind) + ".schema.json");
        EXPECT_TRUE(read_file(file.string()) == mambasic({"schema", kind}).out)
            << "make it anew: mambasic schema " << kind << " > hw_config/schemas/" << kind
            << ".schema.json";
    }
}

TEST(SchemaFiles, AreNamedByEveryFileOfTheirKind) {
    std::size_t files = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kHwConfig)) {
        if (entry.path().extension() != ".yaml") continue;
        ++files;
        EXPECT_EQ(schema_of(entry.path()),
                  kHwConfig / "schemas" / (kind_of(entry.path()) + ".schema.json"))
            << entry.path();
    }
    EXPECT_GT(files, 30U);
}

TEST(SchemaFiles, AreNoPartOfWhatASchemeIsAbout) {
    const std::string listed = mambasic({"explain", "schemes"}).out;
    EXPECT_NE(listed.find("Quamba1: the activations between"), std::string::npos);
    EXPECT_EQ(listed.find("schema"), std::string::npos);
}

}  // namespace
}  // namespace mambasic::e2e
