// The memory in closed form: one data bus that reads and writes share, first come first served,
// with a latency that overlaps the transfers of others.
// Not modelled: banks, rows, refresh, the turn of the bus between reads and writes.
#pragma once

#include <map>
#include <vector>

#include "models/dram/dram.h"

namespace mambasic::models {

class StreamDram : public Dram {
public:
    StreamDram(const sc_core::sc_module_name& name, DramConfig config, Ticks period);

    std::uint64_t access(const DramRequest& request, DramClient& client) override;
    Ticks settled() const override { return settled_; }
    DramActivity activity(Ticks end) override;

private:
    struct Pending {
        DramRequest request;
        Ticks arrived = 0;
        DramClient* client = nullptr;
        Ticks* accepted = nullptr;
        sc_core::sc_event* granted = nullptr;
    };
    struct Landing {
        DramClient* client = nullptr;
        std::uint64_t tag = 0;
    };
    void arbitrate();  // SC_METHOD
    void land();       // SC_METHOD

    const DramConfig config_;
    const Ticks period_;
    std::vector<Pending> pending_;
    std::multimap<Ticks, Landing> landings_;
    sc_core::sc_event ev_arbitrate_;
    sc_core::sc_event_queue ev_land_{"ev_land"};
    Ticks bus_free_ = 0;
    Ticks bus_ticks_ = 0;
    Ticks settled_ = 0;
    DramActivity activity_;
};

}  // namespace mambasic::models
