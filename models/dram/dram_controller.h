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

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "models/dram/dram_banks.h"
#include "models/dram/dram_counts.h"
#include "models/dram/dram_map.h"
#include "models/dram/dram_queue.h"

namespace mambasic::models {

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
    enum class Source : std::uint8_t { None, Opened, Waiting, Refresh, SecondActivate };
    /// A command that could issue, and when.
    struct Choice {
        Source source = Source::None;
        DramCommand command = DramCommand::Read;
        std::int32_t slot = 0;    // in its queue, or among the opened
        DramCycle at = kNoCycle;  // of an offer: not before
        std::uint64_t order = 0;
    };
    struct Pins {
        bool rows = false, columns = false;
        DramCycle free = 0;
        Choice next;  // unless something else happens first
    };
    struct Kind {
        DramQueue queue;
        std::deque<DramBurst> behind;  // no room yet
        std::uint64_t entered = 0;
    };
    struct Refresh {
        DramTarget target;
        bool all = false;
    };
    struct Activating {  // between the two commands of an activate
        DramBurst burst;
        DramCycle deadline = 0;
    };

    void schedule_refresh();
    void fill(Kind& kind);
    void plan(DramCycle from);
    void choose(Pins& pins, DramCycle from);
    void offer(const Choice& choice, const DramTarget& target, Choice& best) const;
    void offer_opened(DramCycle from, Choice& best) const;
    void offer_refresh(DramCycle from, Choice& best) const;
    void offer_waiting(Pins& pins, DramCycle from);
    void offer_row(std::uint32_t bank, DramCycle from, Choice& best) const;
    void choose_direction();
    DramQueue& waiting() { return writing_ ? writes_.queue : reads_.queue; }
    const DramQueue& waiting() const { return writing_ ? writes_.queue : reads_.queue; }

    void issue(Pins& pins, const Choice& choice);
    void issue_waiting(Pins& pins, const Choice& choice);
    void issue_refresh(Pins& pins, DramCommand command);
    bool wake(Pins& pins, const Choice& choice);
    void finish_activate(Pins& pins);
    void access(Pins& pins, const Choice& choice);
    void finish_access(const DramBurst& burst);
    void activate(Pins& pins, const DramBurst& burst);
    bool is_wanted(const DramBurst& served) const;
    void count(DramBurst& burst, DramCommand first);
    void hold(Pins& pins, std::uint32_t cycles) { pins.free = now_ + cycles; }
    void tell_queues(std::uint32_t bank);  // which row it has open now
    void tell(DramCommand command, const DramTarget& target) const;

    const DramConfig config_;
    DramBanks banks_;
    DramCycle now_ = -1;
    DramCycle next_ = 0;
    std::vector<Pins> pins_;
    Kind reads_, writes_;
    bool writing_ = false;           // which of them has the pins
    std::vector<DramBurst> opened_;  // for whom a row was opened
    std::uint64_t under_way_ = 0;
    std::deque<Refresh> refreshes_;
    DramCycle refresh_due_ = kNoCycle;
    std::uint32_t refreshed_ = 0;       // banks in turn
    std::vector<std::uint32_t> holds_;  // of a bank: bursts it was opened for and that wait
    std::vector<std::uint32_t> unit_holds_;
    std::optional<Activating> activating_;
    std::optional<Choice> woken_;  // whose strobe the last cycle's command woke
    DramCycle strobe_until_ = 0;
    bool ended_ = false;  // a job, in the present step
    DramChannelCounts counts_;
    Listener listener_;
};

}  // namespace mambasic::models
