// The memory bank by bank: cuts requests into bursts, hands them to the controllers of their
// channels and lets these run ahead of time as far as nothing else can happen.
#pragma once

#include <list>
#include <map>
#include <vector>

#include "models/dram/dram.h"
#include "models/dram/dram_controller.h"

namespace mambasic::models {

class BankDram : public Dram {
public:
    BankDram(const sc_core::sc_module_name& name, const DramConfig& config);

    std::uint64_t access(const DramRequest& request, DramClient& client) override;
    Ticks settled() const override { return settled_; }
    DramActivity activity(Ticks end) override;

private:
    struct Pending {
        DramJob job;
        bool write = false;
        bool taken = false;
        std::uint64_t tag = 0;
        DramClient* client = nullptr;
        sc_core::sc_event accepted;
    };
    struct Answer {
        Pending* accepted = nullptr;  // of a request that has been taken
        DramClient* client = nullptr;
        std::uint64_t tag = 0;
    };
    void proceed();  // SC_METHOD
    bool answer();
    Ticks horizon() const;
    DramController* earliest(Ticks before);
    void collect();
    Ticks time_of(DramCycle cycle) const { return static_cast<Ticks>(cycle) * tck_; }

    const DramConfig config_;
    const DramMap map_;
    const Ticks tck_;
    std::vector<DramController> controllers_;
    std::list<Pending> pending_;  // until the last burst was served
    std::multimap<Ticks, Answer> answers_;
    sc_core::sc_event ev_proceed_;
    Ticks settled_ = 0;
};

}  // namespace mambasic::models
