// The stream of DRAM requests as a text file, one burst a line, as other DRAM simulators read it:
//   Ramulator 2 (LoadStoreTrace)  "LD 0x1f40" or "ST 0x1f40"; in order, with no times
//   DRAMsim3                      "0x1f40 READ 12" or "... WRITE 12", from that cycle of its clock
//   on
// Neither format knows comments, so whoever reads it must know the size of a burst.
#pragma once

#include <cstdint>
#include <string>

#include "sim/dram_burst.h"
#include "sim/partial_file.h"

namespace mambasic::sim {

class DramTrace {
public:
    enum class Format : std::uint8_t { Ramulator2, Dramsim3 };
    struct Options {
        Format format = Format::Ramulator2;
        std::uint64_t limit = 0;   // bursts; what comes after them is counted, not written
        models::Ticks period = 1;  // of the memory's clock
    };
    DramTrace(std::string path, const Options& options);

    void on_burst(const DramBurst& burst);
    /// The file appears under its name. Throws UserError where it could not be written.
    void finish();
    /// "" where every burst is in the file, else how many are.
    std::string note() const;

private:
    PartialFile file_;
    const Options options_;
    std::uint64_t bursts_ = 0;
};

}  // namespace mambasic::sim
