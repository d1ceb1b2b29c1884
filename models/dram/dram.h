// The external memory: one data bus that reads and writes share, first come first served, with a
// latency that overlaps the transfers of others. A bank-level model takes its place behind
// DramInterface.
// Not modelled: banks, rows, refresh, the turn of the bus between reads and writes.
#pragma once

#include <systemc>
#include <vector>

#include "models/common/scoreboard.h"
#include "models/dram/dram_config.h"

namespace mambasic::models {

struct DramRequest {
    bool write = false;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    std::uint32_t initiator = 0;  // decides between requests of the same instant
};

struct DramGrant {
    Ticks accepted = 0;  // the bus is done with it: the initiator may ask for more
    Ticks done = 0;      // the data are at their end
};

class DramInterface : public virtual sc_core::sc_interface {
public:
    /// From a thread; returns when the request has its turn.
    virtual DramGrant access(const DramRequest& request) = 0;
};

class Dram : public sc_core::sc_module, public DramInterface {
public:
    Dram(const sc_core::sc_module_name& name, DramConfig config, Ticks period);

    DramGrant access(const DramRequest& request) override;

    std::uint64_t bytes() const { return bytes_; }
    Ticks bus_ticks() const { return bus_ticks_; }

private:
    struct Pending {
        DramRequest request;
        Ticks arrived = 0;
        DramGrant* grant = nullptr;
        sc_core::sc_event* granted = nullptr;
    };
    void arbitrate();  // SC_METHOD

    const DramConfig config_;
    const Ticks period_;
    std::vector<Pending> pending_;
    sc_core::sc_event ev_arbitrate_;
    Ticks bus_free_ = 0;
    Ticks bus_ticks_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace mambasic::models
