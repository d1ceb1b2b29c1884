// The banks of one channel: which row each has open, and from which cycle on a command may issue.
// Cycles are of the memory's clock. Knows no queue and takes no decision.
// Not modelled: power-down, temperature, refresh that is put off or drawn ahead.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/dram/dram_config.h"

namespace mambasic::models {

using DramCycle = std::int64_t;
constexpr DramCycle kNoCycle = INT64_MAX;
constexpr std::uint32_t kClosedRow = UINT32_MAX;  // of a bank without an open one

enum class DramCommand : std::uint8_t {
    Read,
    Write,
    Activate,
    Precharge,
    PrechargeAll,
    RefreshAll,
    RefreshBank
};

/// Of a command: indices as in DramPlace. Commands to all banks of a unit need that alone.
struct DramTarget {
    std::uint32_t unit = 0;
    std::uint32_t group = 0;
    std::uint32_t bank = 0;
    std::uint32_t row = 0;
};

class DramBanks {
public:
    explicit DramBanks(const DramConfig& config);

    /// The earliest cycle. Whether the command makes sense now (a closed bank to activate) is the
    /// caller's.
    DramCycle ready(DramCommand command, const DramTarget& target) const;
    void issue(DramCommand command, const DramTarget& target, DramCycle at);
    /// A read or write whose row closes by itself as soon as it may.
    void issue_last(DramCommand command, const DramTarget& target, DramCycle at);

    bool is_open(std::uint32_t bank) const { return banks_[bank].row != kClosedRow; }
    bool has_open(std::uint32_t bank, std::uint32_t row) const { return banks_[bank].row == row; }
    std::uint32_t open_row(std::uint32_t bank) const { return banks_[bank].row; }
    bool any_open(std::uint32_t unit) const { return units_[unit].open > 0; }

private:
    static constexpr std::size_t kWindow = 4;  // activates that tFAW spans
    static constexpr std::size_t kRead = 0, kWrite = 1;
    using ByKind = std::array<DramCycle, 2>;  // read, write
    struct Bank {
        std::uint32_t row = kClosedRow;
        ByKind column{};
        DramCycle activate = 0, precharge = 0, refresh = 0;
    };
    struct Group {
        ByKind column{};
        DramCycle activate = 0;
    };
    struct Unit {
        ByKind column{};
        DramCycle activate = 0, precharge = 0, precharge_all = 0;
        DramCycle refresh_all = 0, refresh_bank = 0;
        std::array<DramCycle, kWindow> activated{};  // the last ones, as a ring
        std::size_t oldest = 0;
        std::uint32_t open = 0;
    };
    void column(bool write, const DramTarget& target, DramCycle at);
    void move_bus(bool write, std::uint32_t unit, DramCycle at);
    DramCycle may_precharge(bool write, DramCycle at) const;
    void activate(const DramTarget& target, DramCycle at);
    void precharge(const DramTarget& target, DramCycle at);
    void precharge_all(std::uint32_t unit, DramCycle at);
    void refresh_all(std::uint32_t unit, DramCycle at);
    void refresh_bank(const DramTarget& target, DramCycle at);
    void close(Bank& bank, std::uint32_t unit);

    DramCycles t_;
    DramCycle activate_extra_, column_extra_, precharge_extra_;  // cycles behind a command's first
    bool one_bus_;                                               // the units share data pins
    std::uint32_t banks_per_unit_;
    std::vector<Bank> banks_;
    std::vector<Group> groups_;
    std::vector<Unit> units_;
};

// In the header: every choice asks it for every bank that is waited for.
inline DramCycle DramBanks::ready(DramCommand command, const DramTarget& target) const {
    const Bank& bank = banks_[target.bank];
    const Unit& unit = units_[target.unit];
    switch (command) {
        case DramCommand::Read:
        case DramCommand::Write: {
            const std::size_t kind = command == DramCommand::Write ? kWrite : kRead;
            return std::max(
                {bank.column[kind], groups_[target.group].column[kind], unit.column[kind]});
        }
        case DramCommand::Activate:
            return std::max({bank.activate, groups_[target.group].activate, unit.activate,
                             unit.activated[unit.oldest] + t_.faw});
        case DramCommand::Precharge:
            return std::max(bank.precharge, unit.precharge);
        case DramCommand::PrechargeAll:
            return std::max(unit.precharge_all, unit.precharge);
        case DramCommand::RefreshAll:
            return unit.refresh_all;
        case DramCommand::RefreshBank:
            return std::max(bank.refresh, unit.refresh_bank);
    }
    return kNoCycle;
}

}  // namespace mambasic::models
