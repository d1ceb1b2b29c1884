// The external memory as the DMA engines see it: they ask for a range, may ask for more when it has
// been taken, and are told when its data have landed, which may be in another order.
// Not modelled: reads of what still waits to be written (they take their turn like others).
#pragma once

#include <memory>
#include <systemc>

#include "models/common/scoreboard.h"
#include "models/dram/dram_config.h"
#include "models/dram/dram_counts.h"

namespace mambasic::models {

struct DramRequest {
    bool write = false;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
    std::uint32_t initiator = 0;  // decides between requests of the same instant
    std::uint64_t tag = 0;        // the initiator's own
};

class DramClient {
public:
    virtual ~DramClient() = default;
    /// Data read are here; data to write are the memory's. At the time it happens.
    virtual void landed(std::uint64_t tag) = 0;
};

class DramInterface : public virtual sc_core::sc_interface {
public:
    /// From a thread; returns when the memory has taken the request. client.landed() comes once,
    /// then or later. Gives the bursts that move: whole ones, however few bytes are wanted.
    virtual std::uint64_t access(const DramRequest& request, DramClient& client) = 0;
};

class Dram : public sc_core::sc_module, public DramInterface {
public:
    using sc_module::sc_module;
    /// When the last data were where they belong.
    virtual Ticks settled() const = 0;
    /// Of a run that ended at `end`, not before settled().
    virtual DramActivity activity(Ticks end) = 0;
};

/// By config.model; `period` is of the chip's clock.
std::unique_ptr<Dram> make_dram(const char* name, const DramConfig& config, Ticks period);

/// Bursts that a range touches.
std::uint64_t dram_bursts(const DramConfig& config, std::uint64_t address, std::uint64_t bytes);

}  // namespace mambasic::models
