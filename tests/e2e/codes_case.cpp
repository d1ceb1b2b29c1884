#include "tests/e2e/codes_case.h"

#include <gtest/gtest.h>

namespace mambasic::e2e {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string calibrated(const Folder& folder, const std::string& name, Words more) {
    const std::string file = folder.path(name);
    more.insert(more.begin(), "calibrate");
    more.insert(more.end(), {"--out", file});
    const Outcome outcome = mambasic(more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return file;
}

std::string only_line(const Words& words) {
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    return outcome.err;
}

}  // namespace mambasic::e2e
