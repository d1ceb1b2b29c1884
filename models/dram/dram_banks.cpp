#include "models/dram/dram_banks.h"

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::models {

namespace {

void delay(DramCycle& ready, DramCycle until) { ready = std::max(ready, until); }

}  // namespace

DramBanks::DramBanks(const DramConfig& config)
    : t_(config.timing),
      activate_extra_(config.commands.activate_cycles - 1),
      column_extra_(config.commands.column_cycles - 1),
      precharge_extra_(config.commands.precharge_cycles - 1),
      one_bus_(config.organization.ranks > 1),
      banks_per_unit_(config.organization.bank_groups * config.organization.banks),
      banks_(config.organization.all_banks()),
      groups_(config.organization.groups()),
      units_(config.organization.units()) {
    // No activate before the first: the window starts empty.
    for (Unit& unit : units_) unit.activated.fill(-DramCycle{t_.faw});
}

void DramBanks::issue(DramCommand command, const DramTarget& target, DramCycle at) {
    switch (command) {
        case DramCommand::Read:
        case DramCommand::Write:
            column(command == DramCommand::Write, target, at);
            return;
        case DramCommand::Activate:
            activate(target, at);
            return;
        case DramCommand::Precharge:
            precharge(target, at);
            return;
        case DramCommand::PrechargeAll:
            precharge_all(target.unit, at);
            return;
        case DramCommand::RefreshAll:
            refresh_all(target.unit, at);
            return;
        case DramCommand::RefreshBank:
            refresh_bank(target, at);
            return;
    }
}

// From a read or write to the precharge of its bank.
DramCycle DramBanks::may_precharge(bool write, DramCycle at) const {
    const DramCycle after = write ? t_.cwl + t_.burst + t_.wr : t_.rtp;
    return at + column_extra_ + after - precharge_extra_;
}

void DramBanks::column(bool write, const DramTarget& target, DramCycle at) {
    Group& group = groups_[target.group];
    delay(group.column[write ? kWrite : kRead], at + t_.ccd_l);
    if (write) delay(group.column[kRead], at + t_.cwl + t_.burst_in_group + t_.wtr_l);
    move_bus(write, target.unit, at);
    delay(banks_[target.bank].precharge, may_precharge(write, at));
    delay(units_[target.unit].precharge_all, may_precharge(write, at));
}

// What the data on the pins mean to the next burst. Data follow a read after cl, a write after cwl.
void DramBanks::move_bus(bool write, std::uint32_t unit, DramCycle at) {
    const DramCycle to_write = DramCycle{t_.cl} + t_.burst + t_.read_to_write - t_.cwl;
    Unit& own = units_[unit];
    delay(own.column[write ? kWrite : kRead], at + t_.ccd_s);
    if (write) {
        delay(own.column[kRead], at + t_.cwl + t_.burst + t_.wtr_s);
    } else {
        delay(own.column[kWrite], at + to_write);
    }
    if (!one_bus_) return;
    const DramCycle switched = DramCycle{t_.burst} + t_.rank_switch;
    for (std::size_t u = 0; u < units_.size(); ++u) {
        if (u == unit) continue;
        ByKind& other = units_[u].column;
        delay(other[write ? kWrite : kRead], at + switched);
        if (write) {
            delay(other[kRead], at + std::max<DramCycle>(switched + t_.cwl - t_.cl, 1));
        } else {
            delay(other[kWrite], at + std::max<DramCycle>(switched + t_.cl - t_.cwl, 1));
        }
    }
}

void DramBanks::activate(const DramTarget& target, DramCycle at) {
    const DramCycle last = at + activate_extra_;
    Bank& bank = banks_[target.bank];
    Unit& unit = units_[target.unit];
    MAMBASIC_CHECK(bank.row == kClosedRow, "an activate of an open bank");
    bank.row = target.row;
    ++unit.open;
    delay(bank.column[kRead], last + t_.rcd_read - column_extra_);
    delay(bank.column[kWrite], last + t_.rcd_write - column_extra_);
    delay(bank.precharge, last + t_.ras - precharge_extra_);
    delay(bank.activate, at + t_.rc);
    delay(bank.refresh, last + t_.rc - precharge_extra_);
    delay(groups_[target.group].activate, at + t_.rrd_l);
    delay(unit.activate, at + t_.rrd_s);
    delay(unit.precharge_all, last + t_.ras - precharge_extra_);
    delay(unit.refresh_all, last + t_.rc - precharge_extra_);
    delay(unit.refresh_bank, last + t_.rrd_s - precharge_extra_);
    unit.activated[unit.oldest] = at;
    unit.oldest = (unit.oldest + 1) % kWindow;
}

void DramBanks::close(Bank& bank, std::uint32_t unit) {
    if (bank.row == kClosedRow) return;
    bank.row = kClosedRow;
    --units_[unit].open;
}

void DramBanks::precharge(const DramTarget& target, DramCycle at) {
    const DramCycle last = at + precharge_extra_;
    Bank& bank = banks_[target.bank];
    Unit& unit = units_[target.unit];
    close(bank, target.unit);
    delay(bank.activate, last + t_.rp - activate_extra_);
    delay(bank.refresh, at + t_.rp);
    delay(unit.refresh_all, at + t_.rp);
    delay(unit.precharge, at + t_.ppd);
}

void DramBanks::precharge_all(std::uint32_t unit, DramCycle at) {
    const DramCycle last = at + precharge_extra_;
    for (std::uint32_t b = 0; b < banks_per_unit_; ++b) {
        close(banks_[unit * banks_per_unit_ + b], unit);
    }
    delay(units_[unit].activate, last + t_.rp_all - activate_extra_);
    delay(units_[unit].refresh_all, at + t_.rp_all);
    delay(units_[unit].refresh_bank, at + t_.rp_all);
    delay(units_[unit].precharge, at + t_.ppd);
}

void DramBanks::refresh_all(std::uint32_t unit, DramCycle at) {
    Unit& own = units_[unit];
    MAMBASIC_CHECK(own.open == 0, "a refresh of open banks");
    delay(own.activate, at + precharge_extra_ + t_.rfc - activate_extra_);
    delay(own.precharge_all, at + t_.rfc);
    delay(own.refresh_all, at + t_.rfc);
    delay(own.refresh_bank, at + t_.rfc);
}

void DramBanks::refresh_bank(const DramTarget& target, DramCycle at) {
    const DramCycle last = at + precharge_extra_;
    Unit& unit = units_[target.unit];
    MAMBASIC_CHECK(banks_[target.bank].row == kClosedRow, "a refresh of an open bank");
    delay(banks_[target.bank].activate, last + t_.rfc_bank - activate_extra_);
    delay(unit.activate, last + t_.refresh_bank_to_activate - activate_extra_);
    delay(unit.refresh_bank, at + t_.refresh_bank_to_refresh);
    delay(unit.refresh_all, at + t_.rfc_bank);
}

// The precharge takes no command of its own and issues as soon as it may, not before tRAS.
void DramBanks::issue_last(DramCommand command, const DramTarget& target, DramCycle at) {
    const bool write = command == DramCommand::Write;
    column(write, target, at);
    Bank& bank = banks_[target.bank];
    const DramCycle closes = bank.precharge + precharge_extra_;
    close(bank, target.unit);
    delay(bank.activate, closes + t_.rp - activate_extra_);
    delay(bank.refresh, closes + t_.rp - precharge_extra_);
    delay(units_[target.unit].refresh_all, closes + t_.rp - precharge_extra_);
}

}  // namespace mambasic::models
