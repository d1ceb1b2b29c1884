// What a user got wrong is told in one line, and nothing else happens.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/program.h"

namespace mambasic::e2e {

inline void expect_refused(const Outcome& outcome, const std::string& text) {
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_NE(outcome.err.find(text), std::string::npos)
        << "expected: " << text << "\nsaid:     " << outcome.err;
}

}  // namespace mambasic::e2e
