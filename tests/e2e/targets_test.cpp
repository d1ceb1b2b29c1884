// What a command must not destroy: the file it reads, and what is no regular file. And where it
// cannot write, it says so before it works.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/program.h"
#include "tests/e2e/refused.h"

namespace mambasic::e2e {
namespace {

using Words = std::vector<std::string>;

void expect_refused(const Words& words, const std::string& text) {
    expect_refused(mambasic(words), text);
}

// Every command that writes one file, with `target` as that file.
std::vector<Words> writers(const std::string& trace, const std::string& target) {
    return {{"run", "tiny", "--trace", trace, "--quiet", "--dump", target},
            {"trace", "slice", trace, "--layers", "0:1", "--out", target},
            {"trace", "synth", "--model", "tiny", "--phase", "prefill", "--tokens", "2", "--out",
             target}};
}

TEST(Targets, TheTraceThatIsReadStays) {
    const Folder folder;
    const std::string whole = read_file(tiny_prefill());
    const std::string trace = folder.add("t.safetensors", whole);
    const std::string link = folder.path("link");
    ASSERT_EQ(::symlink(trace.c_str(), link.c_str()), 0);
    const std::string twin = folder.path("twin");
    ASSERT_EQ(::link(trace.c_str(), twin.c_str()), 0);
    for (const std::string& target : {trace, link, twin, folder.path("./t.safetensors")}) {
        const std::vector<Words> all = writers(trace, target);
        expect_refused(all[0], "--dump: '" + target + "' is the file that is read");
        expect_refused(all[1], "--out: '" + target + "' is the file that is read");
    }
    EXPECT_EQ(read_file(trace), whole);
    EXPECT_EQ(folder.entries(), (Words{"link", "t.safetensors", "twin"}));
}

TEST(Targets, TheNetworkThatIsReadStays) {
    const Folder folder;
    const std::string whole = read_file(MAMBASIC_SOURCE "/traces/networks/tiny.yaml");
    const std::string network = folder.add("tiny.yaml", whole);
    expect_refused({"trace", "synth", "--model", network, "--phase", "prefill", "--tokens", "2",
                    "--out", network},
                   "is the file that is read");
    EXPECT_EQ(read_file(network), whole);
}

// A pipe stands for every special file: /dev/null would end the same way.
TEST(Targets, APipeIsNotReplaced) {
    const Folder folder;
    const std::string pipe = folder.path("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const Words& words : writers(tiny_prefill(), pipe)) {
        expect_refused(words, "'" + pipe + "' is no regular file");
    }
    struct stat status {};
    ASSERT_EQ(::stat(pipe.c_str(), &status), 0);
    EXPECT_TRUE(S_ISFIFO(status.st_mode));
    EXPECT_EQ(folder.entries(), Words{"pipe"});
}

TEST(Targets, AnOrdinaryFileIsReplaced) {
    const Folder folder;
    const std::string old = folder.add("old", "text");
    for (const Words& words : writers(tiny_prefill(), old)) {
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_EQ(mambasic({"trace", "info", old}).status, words[0] == "run" ? 2 : 0);
        folder.add("old", "text");
    }
    EXPECT_EQ(folder.entries(), Words{"old"});
}

TEST(Targets, AFolderThatCannotBeMadeIsRefusedBeforeTheRun) {
    for (const char* verb : {"run", "check"}) {
        expect_refused({verb, "--chip", "tiny", "--trace", tiny_prefill(), "--out", "/proc/x"},
                       "--out: '/proc/x' cannot be written to: ");
    }
    for (const Words& words : writers(tiny_prefill(), "/proc/x")) {
        expect_refused(words, "'/proc' cannot be written to: ");
    }
}

TEST(Targets, AReportThatCannotBeReplacedIsRefusedBeforeTheRun) {
    for (const char* name : {"report.json", "report.txt"}) {
        const Folder folder;
        const std::string in_the_way = folder.path(name);
        ASSERT_EQ(::mkdir(in_the_way.c_str(), 0700), 0);
        for (const char* verb : {"run", "check"}) {
            expect_refused(
                {verb, "--chip", "tiny", "--trace", tiny_prefill(), "--out", folder.path("")},
                "' is a folder");
        }
        EXPECT_EQ(folder.entries(), Words{name});
    }
}

}  // namespace
}  // namespace mambasic::e2e
