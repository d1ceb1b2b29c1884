#include "tests/sim/engine/simulate.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <systemc>

#include "models/common/error.h"
#include "sim/energy.h"
#include "sim/result.h"

namespace mambasic::sim::test {

namespace {

Outcome run_here(const Workload& work, const ChipConfig& chip) {
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    Outcome outcome;
    std::optional<Schedule> schedule;
    try {
        schedule.emplace(work, chip);
    } catch (const models::UserError&) {
        return outcome;
    }
    TileBinding binding(work, chip, {});
    Spans spans(work.layers, chip_period(chip));
    Chip machine(chip, *schedule, binding, false,
                 {[&](const SegmentRecord& record) { spans.add(record); }, {}, {}});
    const ChipResult result = machine.run();
    const reports::Report report =
        make_report({chip, work, result, machine.ledger(), spans, false});
    outcome.fits = true;
    outcome.cycles = result.cycles;
    outcome.dram_bytes = result.dram_bytes;
    outcome.energy_pj = report.totals.energy_pj.value;
    outcome.blocks = result.blocks;
    return outcome;
}

[[noreturn]] void child(const Workload& work, const ChipConfig& chip, int pipe_end) {
    int status = 1;
    try {
        const Outcome outcome = run_here(work, chip);
        const auto written = ::write(pipe_end, &outcome, sizeof(outcome));
        status = written == static_cast<ssize_t>(sizeof(outcome)) ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
    }
    ::_exit(status);
}

}  // namespace

Outcome simulate(const Workload& work, const std::vector<std::string>& overrides,
                 const std::string& chip) {
    const ChipConfig config = ChipConfig::load(chip, overrides);
    int ends[2] = {-1, -1};
    Outcome outcome;
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) child(work, config, ends[1]);
    ::close(ends[1]);
    const auto got = ::read(ends[0], &outcome, sizeof(outcome));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0) << "the run broke a law";
    EXPECT_EQ(got, static_cast<ssize_t>(sizeof(outcome)));
    return outcome;
}

}  // namespace mambasic::sim::test
