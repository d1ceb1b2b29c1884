// The controller of one channel: two bounded queues, one for reads and one for writes, refresh, and
// the choice of the next command: the oldest that can issue. It goes from event to event, never
// cycle by cycle, and knows no SystemC: whoever owns it feeds bursts and calls step().
//
// A burst that a cycle brings may have its first command in the next one. A burst whose row was
// opened for it leaves its queue and goes before all others; its row stays open until then. While a
// refresh waits, only those go on. Reads have the pins until writes fill their queue to a mark, or
// no read waits.
// Not modelled: reads answered out of the write queue, writes that merge in it, the controller's
// own pipeline and the PHY (their latency), ECC, priorities among requesters.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "models/dram/dram_banks.h"
#include "models/dram/dram_counts.h"
#include "models/dram/dram_map.h"

namespace mambasic::models {

/// How far the bursts of one request have come. The controllers of all channels write into it.
struct DramJob {
    std::uint64_t to_enter = 0;  // bursts that are in no queue yet
    std::uint64_t to_serve = 0;  // bursts without their read or write
    DramCycle entered = 0;       // the last burst's
    DramCycle served = 0;        // end of the last data
    std::uint64_t activates = 0;
};

class DramController {
public:
    explicit DramController(const DramConfig& config);

    /// A burst that comes at cycle `at`, later than all that was decided and not before what was
    /// added for the same queue. It enters when the queue has room. `job` outlives it.
    void add(const DramPlace& place, bool write, DramCycle at, DramJob& job);
    /// Bursts are under way. Without them only refresh goes on.
    bool has_work() const { return under_way_ > 0; }
    /// The next cycle in which something may happen.
    DramCycle next() const { return next_; }
    /// What happens in cycle next(). True where the last burst of a job entered or was served.
    bool step();
    /// A burst of its kind would enter its queue as soon as it comes.
    bool has_room(bool write) const;
    const DramChannelCounts& counts() const { return counts_; }

    using Listener = std::function<void(DramCommand, const DramTarget&, DramCycle)>;
    /// Told of every command as it issues, but for those that wake a strobe or end an activate.
    void listen(Listener listener) { listener_ = std::move(listener); }

private:
    struct Request {
        DramTarget target;
        bool write = false;
        bool counted = false;
        DramCycle arrived = 0;
        DramJob* job = nullptr;
    };
    using Queue = std::vector<Request>;
    struct Refresh {
        DramTarget target;
        bool all = false;
    };
    struct Activating {  // between the two commands of an activate
        Request request;
        DramCycle deadline = 0;
    };
    struct Pins {
        bool rows = false, columns = false;
        DramCycle free = 0;
    };

    void schedule_refresh();
    bool command_on(Pins& pins);
    bool choose(Pins& pins);
    bool issue_opened(Pins& pins);
    bool issue_refresh(Pins& pins);
    bool issue_waiting(Pins& pins);
    bool allowed(const Request& request, DramCommand command, std::uint64_t wanted) const;
    DramCommand next_command(const Request& request) const;
    void issue(Pins& pins, Queue& queue, std::size_t index, DramCommand command);
    void access(Pins& pins, Queue& queue, std::size_t index);
    void finish_access(const Request& request);
    void activate(Pins& pins, Queue& queue, std::size_t index);
    void finish_activate(Pins& pins);
    void choose_direction();
    void fill(Queue& queue, std::deque<Request>& behind, std::uint32_t room);
    bool is_wanted(const Request& served) const;
    void count(Request& request, DramCommand first);
    bool later(DramCycle ready);
    void hold(Pins& pins, std::uint32_t cycles) { pins.free = now_ + cycles; }
    void tell(DramCommand command, const DramTarget& target) const;

    const DramConfig config_;
    DramBanks banks_;
    DramCycle now_ = -1;
    DramCycle next_ = 0;
    DramCycle wake_ = kNoCycle;  // what the present step found not ready yet
    std::vector<Pins> pins_;
    Queue reads_, writes_, opened_;
    std::deque<Request> reads_behind_, writes_behind_;  // no room yet
    std::uint64_t under_way_ = 0;
    bool writing_ = false;
    std::deque<Refresh> refreshes_;
    DramCycle refresh_due_ = kNoCycle;
    std::uint32_t refreshed_ = 0;       // banks in turn
    std::vector<std::uint32_t> holds_;  // of a bank: bursts it was opened for and that wait
    std::vector<std::uint32_t> unit_holds_;
    std::optional<Activating> activating_;
    DramCycle strobe_until_ = 0;
    struct Woken {
        Queue* queue;
        std::size_t index;
    };
    std::optional<Woken> woken_;  // whose strobe the last cycle's command woke
    bool ended_ = false;  // a job, in the present step
    DramChannelCounts counts_;
    Listener listener_;
};

}  // namespace mambasic::models
