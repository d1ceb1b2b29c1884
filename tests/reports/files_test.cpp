#include "reports/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mambasic::reports {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
protected:
    Files()
        : folder_(fs::temp_directory_path() / ("mambasic-files-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
    }
    ~Files() override { fs::remove_all(folder_); }
    static std::string read(const fs::path& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    const fs::path folder_;
};

TEST_F(Files, ReplacesWhatStoodThereAndLeavesNothingElse) {
    const fs::path path = folder_ / "report.json";
    write_file(path, "old");
    write_file(path, "new and longer");
    EXPECT_EQ(read(path), "new and longer");
    EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AFailedRenameLeavesNoTemporaryFile) {
    const fs::path path = folder_ / "report.json";
    fs::create_directories(path / "in the way");  // a folder that rename cannot replace
    EXPECT_THROW(write_file(path, "text"), std::runtime_error);
    EXPECT_EQ(entries(), 1U);
}

TEST_F(Files, AMissingFolderIsNamed) {
    try {
        write_file(folder_ / "none" / "report.json", "text");
        FAIL() << "wrote into a folder that is not there";
    } catch (const std::runtime_error& e) {
        EXPECT_NE(std::string(e.what()).find("none/report.json: cannot write: No such file"),
                  std::string::npos)
            << e.what();
    }
}

TEST_F(Files, KnowsBeforehandWhereItCouldWrite) {
    EXPECT_EQ(why_not_writable(folder_), "");
    EXPECT_EQ(why_not_writable(folder_ / "new" / "deeper"), "");
    write_file(folder_ / "file", "text");
    EXPECT_EQ(why_not_writable(folder_ / "file" / "out"),
              "'" + (folder_ / "file").string() + "' is not a folder");
    EXPECT_EQ(entries(), 1U) << "the attempt left something behind";
}

// Root may write everywhere, says access(); nobody can make a file in /proc.
TEST_F(Files, TriesInsteadOfAskingForRights) {
    EXPECT_NE(why_not_writable("/proc").find("'/proc' cannot be written to: "), std::string::npos);
    EXPECT_NE(why_not_writable("/proc/new/deeper"), "");
}

TEST_F(Files, ReplacesRegularFilesOnly) {
    EXPECT_EQ(why_not_replaceable(folder_ / "new"), "");
    write_file(folder_ / "file", "text");
    EXPECT_EQ(why_not_replaceable(folder_ / "file"), "");
    EXPECT_EQ(why_not_replaceable(folder_), "'" + folder_.string() + "' is a folder");
    const std::string pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(why_not_replaceable(pipe), "'" + pipe + "' is no regular file");
}

}  // namespace
}  // namespace mambasic::reports
