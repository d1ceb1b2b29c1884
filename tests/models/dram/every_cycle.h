// The memory's controller as plainly as its rules can be put: in every single cycle it looks at
// every burst that waits. Slow; what the real one is held against.
#pragma once

#include <deque>
#include <optional>
#include <tuple>
#include <vector>

#include "models/dram/dram_banks.h"
#include "models/dram/dram_counts.h"

namespace mambasic::models::test {

using CommandLog = std::vector<std::tuple<DramCycle, DramCommand, std::uint32_t, std::uint32_t>>;

struct OfferedBurst {
    DramTarget target;
    bool write = false;
    DramCycle at = 0;
};

struct BurstTimes {
    DramCycle entered = 0, served = 0;
};

struct DramOutcome {
    CommandLog log;
    std::vector<BurstTimes> bursts;  // as they were offered
    DramChannelCounts counts;
};

class EveryCycle {
public:
    explicit EveryCycle(const DramConfig& config);
    DramOutcome run(const std::vector<OfferedBurst>& offered);

private:
    struct Burst : OfferedBurst {
        std::size_t number = 0;
        bool counted = false;
    };
    struct Activating {
        Burst burst;
        DramCycle deadline = 0;
    };
    struct Access {
        bool opened = false;  // of a burst whose row was opened for it, else of one that waits
        std::size_t index = 0;
    };
    struct Pins {
        bool columns = false, rows = false;
        DramCycle free = 0;
    };

    void schedule_refresh();
    void enter(int kind);
    void use(Pins& pins);
    bool serve_opened(Pins& pins);
    bool refresh(Pins& pins);
    bool serve_waiting(Pins& pins);
    void end_activate(Pins& pins);
    bool stays_asleep(Pins& pins, const Access& access);
    void access(Pins& pins, const Access& access);
    void open_row(Pins& pins, const Burst& burst);
    void close_row(Pins& pins, Burst& burst);
    void count_read(const Burst& burst, DramCycle end);

    bool ready(DramCommand command, const DramTarget& target) const;
    void tell(DramCommand command, const DramTarget& target);
    DramCommand next(const Burst& burst) const;
    void count(Burst& burst, DramCommand first);
    bool held(std::uint32_t bank) const;
    bool held_unit(std::uint32_t unit) const;
    bool wanted(const Burst& served) const;
    bool keeps(std::size_t behind) const;
    std::deque<Burst>& waiting() { return queue_[writing_ ? 1 : 0]; }
    const std::deque<Burst>& waiting() const { return queue_[writing_ ? 1 : 0]; }

    const DramConfig c_;
    DramBanks banks_;
    DramCycle now_ = 0;
    std::vector<Pins> pins_;
    std::deque<Burst> behind_[2], queue_[2];  // reads, writes
    std::vector<Burst> opened_;
    std::optional<Activating> activating_;
    std::optional<Access> woken_;
    DramCycle strobe_until_ = 0;
    std::deque<DramTarget> refreshes_;
    std::uint32_t refreshed_ = 0;
    bool writing_ = false;
    std::size_t left_ = 0;
    DramOutcome out_;
};

}  // namespace mambasic::models::test
