#include "sim/dram_trace.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "models/common/error.h"

namespace mambasic::sim {

DramTrace::DramTrace(std::string path, const Options& options)
    : file_(std::move(path)), options_(options) {}

void DramTrace::on_burst(const DramBurst& burst) {
    if (bursts_++ >= options_.limit) return;
    constexpr std::size_t kLongestLine = 64;
    std::array<char, kLongestLine> line;
    int length = 0;
    if (options_.format == Format::Ramulator2) {
        length = std::snprintf(line.data(), line.size(), "%s 0x%" PRIx64 "\n",
                               burst.write ? "ST" : "LD", burst.address);
    } else {
        length =
            std::snprintf(line.data(), line.size(), "0x%" PRIx64 " %s %" PRIu64 "\n", burst.address,
                          burst.write ? "WRITE" : "READ", burst.at / options_.period);
    }
    file_.out().write(line.data(), length);
}

void DramTrace::finish() {
    if (!file_.finish()) {
        throw models::UserError("--dram-trace: cannot write '" + file_.path() + "'");
    }
}

std::string DramTrace::note() const {
    if (bursts_ <= options_.limit) return "";
    return "the DRAM trace holds the first " + std::to_string(options_.limit) + " of " +
           std::to_string(bursts_) + " bursts; --dram-trace-limit " + std::to_string(bursts_) +
           " keeps them all";
}

}  // namespace mambasic::sim
