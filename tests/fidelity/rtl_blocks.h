// Blocks that were synthesized (rtl_points.csv), and the primitives that each is made of.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/common/technology.h"

namespace mambasic::models::test {

/// One block of one library.
struct Point {
    std::string library;
    std::string block;
    double ends = 0;
    double flip_flops = 0;
    double minimum_um2 = 0;
    double fast_um2 = 0;
};

struct Count {
    Primitive primitive;
    double count;
};
using Parts = std::vector<Count>;
using Description = std::function<Parts(const Point&)>;

constexpr double kEnds = 20;  // of a lookup: 4 head ends, 4 x 4 dim ends

/// By the name of the block in rtl_points.csv.
std::map<std::string, Description> rtl_blocks();

}  // namespace mambasic::models::test
